//! One pause for all who ask the same endpoint, kept as state.

use crate::AgentError;
use events::{Clock, Timestamp};
use serde::{Deserialize, Serialize};
use state::{Key, StateError, StateManager};
use std::sync::Arc;
use std::time::Duration;

/// When nothing says how long: limits are counted by the minute.
const UNTOLD: Duration = Duration::from_secs(30);

/// The shortest pause, and the longest that an endpoint can impose.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// What is stored under `pause:HOST`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stored {
    until: Timestamp,
    reason: String,
}

pub(crate) struct Pause {
    key: Key,
    state: StateManager,
    clock: Arc<dyn Clock>,
}

impl Pause {
    pub(crate) fn new(key: Key, state: StateManager, clock: Arc<dyn Clock>) -> Self {
        Self { key, state, clock }
    }

    /// Whether the endpoint may be asked.
    ///
    /// # Errors
    /// [`AgentError::Paused`] while it may not.
    pub(crate) async fn look(&self) -> Result<(), AgentError> {
        let seen = self.state.get::<Stored>(&self.key).await?;
        let now = self.clock.now();
        match seen.value {
            Some(stored) if stored.until > now => Err(paused(stored.until, now)),
            Some(_) | None => Ok(()),
        }
    }

    /// Keeps everyone away for `wait`, or for longer if someone has already said so.
    /// The pause that is in force comes back as an error.
    pub(crate) async fn begin(&self, wait: Option<Duration>, reason: &str) -> AgentError {
        let wait = wait.unwrap_or(UNTOLD).clamp(SHORTEST, LONGEST);
        let until = self.clock.now().checked_add(wait);
        let until = until.unwrap_or(Timestamp::MAX);
        tracing::warn!(%until, reason, "the model asks for a pause");
        match self.keep(until, reason).await {
            Ok(until) => paused(until, self.clock.now()),
            Err(error) => {
                // Ours is in force for us all the same.
                tracing::warn!(%error, "the pause is not kept: others will ask");
                paused(until, self.clock.now())
            }
        }
    }

    async fn keep(&self, until: Timestamp, reason: &str) -> Result<Timestamp, StateError> {
        let longer = |seen: Option<Stored>, _| match seen {
            Some(stored) if stored.until >= until => (None, stored.until),
            Some(_) | None => {
                let stored = Stored {
                    until,
                    reason: reason.to_owned(),
                };
                (Some((stored, until)), until)
            }
        };
        self.state.update(&self.key, longer).await
    }
}

fn paused(until: Timestamp, now: Timestamp) -> AgentError {
    let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
    AgentError::Paused { until, wait }
}
