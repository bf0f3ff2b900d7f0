//! How an endpoint and its model are asked for an answer's shape: found out once, and
//! kept as state for all who ask.

use crate::request::Rung;
use events::{Clock, Timestamp};
use serde::{Deserialize, Serialize};
use state::{Key, StateError, StateManager};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// After this an endpoint may have learnt what it refused.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What is stored under `ladder:HOST/MODEL`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stored {
    rung: Rung,
    reason: String,
}

pub(crate) struct Ladder {
    key: Key,
    state: StateManager,
    clock: Arc<dyn Clock>,
    /// The surest way that has not been refused, and until when that is believed; `None`
    /// until the state was looked at.
    known: Mutex<Option<(Rung, Timestamp)>>,
}

impl Ladder {
    pub(crate) fn new(key: Key, state: StateManager, clock: Arc<dyn Clock>) -> Self {
        Self {
            key,
            state,
            clock,
            known: Mutex::new(None),
        }
    }

    /// The rung to ask on.
    pub(crate) async fn rung(&self) -> Rung {
        let known = *self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((rung, _)) = known.filter(|(_, until)| self.clock.now() < *until) {
            return rung;
        }
        let rung = match self.state.get::<Stored>(&self.key).await {
            Ok(seen) => seen.value.map_or(Rung::Schema, |stored| stored.rung),
            Err(error) => {
                // The endpoint will say it again.
                tracing::warn!(%error, "nobody knows how answers are asked for");
                return Rung::Schema;
            }
        };
        self.known(rung)
    }

    /// `rung` was taken where a surer way was refused for a `reason`: all who ask begin
    /// there. What was only refused may be the question's fault, and is not kept.
    pub(crate) async fn keep(&self, rung: Rung, reason: &str) {
        tracing::warn!(?rung, reason, "answers are asked for in another way");
        let rung = self.known(rung);
        if let Err(error) = self.store(rung, reason).await {
            tracing::warn!(%error, "others will have to find it out again");
        }
    }

    /// The lower of `rung` and what is known already.
    fn known(&self, rung: Rung) -> Rung {
        let now = self.clock.now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.filter(|(_, until)| now < *until);
        let lower = before.map_or(rung, |(before, _)| before.max(rung));
        let until = now.checked_add(KEPT).unwrap_or(Timestamp::MAX);
        let (lower, _) = *known.insert((lower, until));
        lower
    }

    async fn store(&self, rung: Rung, reason: &str) -> Result<(), StateError> {
        let lower = |seen: Option<Stored>, now: Timestamp| {
            let known = seen.is_some_and(|stored| stored.rung >= rung);
            let stored = Stored {
                rung,
                reason: reason.to_owned(),
            };
            let until = now.checked_add(KEPT).unwrap_or(Timestamp::MAX);
            ((!known).then_some((stored, until)), ())
        };
        self.state.update(&self.key, lower).await
    }
}
