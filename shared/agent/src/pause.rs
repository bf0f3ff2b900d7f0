//! One pause for all who ask the same endpoint, kept as state.

use crate::AgentError;
use ports::{Clock, Entropy, Timestamp};
use serde::{Deserialize, Serialize};
use state::{Key, Saved, StateError, StateManager};
use std::sync::Arc;
use std::time::Duration;

/// When nothing says how long: limits are counted by the minute.
const UNTOLD: Duration = Duration::from_secs(30);

/// The shortest pause, and the longest that an endpoint can impose.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// How often a lost race is decided again.
const TRIES: u32 = 16;

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
    entropy: Arc<dyn Entropy>,
}

impl Pause {
    pub(crate) fn new(
        key: Key,
        state: StateManager,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            key,
            state,
            clock,
            entropy,
        }
    }

    /// Whether the endpoint may be asked.
    ///
    /// # Errors
    /// [`AgentError::Paused`] while it may not.
    pub(crate) async fn look(&self) -> Result<(), AgentError> {
        let seen = self.state.load::<Stored>(&self.key).await?;
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
        for _ in 0..TRIES {
            let seen = self.state.load::<Stored>(&self.key).await?;
            match seen.value {
                Some(stored) if stored.until >= until => return Ok(stored.until),
                Some(_) | None => {}
            }
            let stored = Stored {
                until,
                reason: reason.to_owned(),
            };
            let saved = self
                .state
                .save(&self.key, seen.version, &stored, Some(until))
                .await?;
            match saved {
                Saved::Written(_) => return Ok(until),
                Saved::Stale => jitter(&*self.clock, &*self.entropy, LOST_RACE).await,
            }
        }
        Err(StateError::Contended {
            key: self.key.clone(),
            tries: TRIES,
        })
    }
}

/// The longest wait after a lost race.
pub(crate) const LOST_RACE: Duration = Duration::from_millis(100);

/// Waits for a time drawn from half of `longest` to all of it.
pub(crate) async fn jitter(clock: &dyn Clock, entropy: &dyn Entropy, longest: Duration) {
    clock.sleep(drawn(entropy, longest)).await;
}

/// A time drawn from half of `longest` to all of it.
pub(crate) fn drawn(entropy: &dyn Entropy, longest: Duration) -> Duration {
    let half = u64::try_from(longest.as_micros() / 2).unwrap_or(u64::MAX);
    let part = entropy.next_u64() % half.saturating_add(1).max(1);
    Duration::from_micros(half.saturating_add(part))
}

fn paused(until: Timestamp, now: Timestamp) -> AgentError {
    let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
    AgentError::Paused { until, wait }
}
