//! Ladder of answer formats. The agent detects the best format that an endpoint and model support,
//! and stores it as shared state.

use crate::request::AnswerFormat;
use events::{Clock, Timestamp};
use serde::{Deserialize, Serialize};
use state::{Key, StateError, StateManager};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Lifetime of a detected format. The endpoint may support more afterwards.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// State under `format:HOST/MODEL`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FormatItem {
    rung: AnswerFormat,
    reason: String,
}

pub(crate) struct FormatMemory {
    key: Key,
    state: StateManager,
    clock: Arc<dyn Clock>,
    /// Best format that was not rejected, and its expiry. `None` before the first read of the
    /// state.
    known: Mutex<Option<(AnswerFormat, Timestamp)>>,
}

impl FormatMemory {
    pub(crate) fn new(key: Key, state: StateManager, clock: Arc<dyn Clock>) -> Self {
        Self {
            key,
            state,
            clock,
            known: Mutex::new(None),
        }
    }

    /// Returns the format to use.
    pub(crate) async fn rung(&self) -> AnswerFormat {
        let known = *self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((rung, _)) = known.filter(|(_, until)| self.clock.now() < *until) {
            return rung;
        }
        let rung = match self.state.get::<FormatItem>(&self.key).await {
            Ok(seen) => seen
                .value
                .map_or(AnswerFormat::Schema, |stored| stored.rung),
            Err(error) => {
                // The endpoint will reject the format again, so a failed read costs one more call.
                tracing::warn!(%error, "answer format could not be read");
                return AnswerFormat::Schema;
            }
        };
        self.known(rung)
    }

    /// Stores `rung` after the endpoint rejected a better format for `reason`. All agents start
    /// with it. A rejection without a working lower format may depend on the question and is not
    /// stored.
    pub(crate) async fn keep(&self, rung: AnswerFormat, reason: &str) {
        tracing::warn!(?rung, reason, "answer format changed");
        let rung = self.known(rung);
        if let Err(error) = self.store(rung, reason).await {
            tracing::warn!(%error, "answer format could not be stored");
        }
    }

    /// Returns the lower of `rung` and the stored format.
    fn known(&self, rung: AnswerFormat) -> AnswerFormat {
        let now = self.clock.now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.filter(|(_, until)| now < *until);
        let lower = before.map_or(rung, |(before, _)| before.max(rung));
        let until = now.checked_add(KEPT).unwrap_or(Timestamp::MAX);
        let (lower, _) = *known.insert((lower, until));
        lower
    }

    async fn store(&self, rung: AnswerFormat, reason: &str) -> Result<(), StateError> {
        let lower = |seen: Option<FormatItem>, now: Timestamp| {
            let known = seen.is_some_and(|stored| stored.rung >= rung);
            let stored = FormatItem {
                rung,
                reason: reason.to_owned(),
            };
            let until = now.checked_add(KEPT).unwrap_or(Timestamp::MAX);
            ((!known).then_some((stored, until)), ())
        };
        self.state.update(&self.key, lower).await
    }
}
