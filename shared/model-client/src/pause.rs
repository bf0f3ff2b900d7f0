//! Shared pause of all agents of an endpoint, stored as state.

use crate::AgentError;
use events::{Clock, Timestamp};
use serde::{Deserialize, Serialize};
use state::{Key, StateError, StateManager};
use std::sync::Arc;
use std::time::Duration;

/// Default duration. Rate limits count per minute.
const UNTOLD: Duration = Duration::from_secs(30);

/// Minimum pause, and the maximum that an endpoint can impose.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// State under `pause:HOST`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PauseItem {
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

    /// Checks that no pause is in force.
    ///
    /// # Errors
    /// [`AgentError::Paused`] during a pause.
    pub(crate) async fn look(&self) -> Result<(), AgentError> {
        let seen = self.state.get::<PauseItem>(&self.key).await?;
        let now = self.clock.now();
        match seen.value {
            Some(stored) if stored.until > now => Err(paused(stored.until, now)),
            Some(_) | None => Ok(()),
        }
    }

    /// Pauses all agents for `wait`, unless a longer pause is in force. Returns the pause in force
    /// as an error.
    pub(crate) async fn begin(&self, wait: Option<Duration>, reason: &str) -> AgentError {
        let wait = wait.unwrap_or(UNTOLD).clamp(SHORTEST, LONGEST);
        let until = self.clock.now().checked_add(wait);
        let until = until.unwrap_or(Timestamp::MAX);
        tracing::warn!(%until, reason, "the model asks for a pause");
        match self.keep(until, reason).await {
            Ok(until) => paused(until, self.clock.now()),
            Err(error) => {
                // The pause still applies to this process.
                tracing::warn!(%error, "pause could not be stored, other agents will call");
                paused(until, self.clock.now())
            }
        }
    }

    async fn keep(&self, until: Timestamp, reason: &str) -> Result<Timestamp, StateError> {
        let longer = |seen: Option<PauseItem>, _| match seen {
            Some(stored) if stored.until >= until => (None, stored.until),
            Some(_) | None => {
                let stored = PauseItem {
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
