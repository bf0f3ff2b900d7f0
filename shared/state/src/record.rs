use crate::{Key, Saved, StateError, StateManager};
use events::{Event, EventId, Outcome, Say, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Number of applied events that a record remembers.
///
/// A repeat that arrives after so many other events is decided as if it were new. It emits its
/// events under the same ids, so that subscribers recognize the repeats. Decisions should therefore
/// add to sets rather than count: a second application then changes nothing.
const REMEMBERED: usize = 64;

/// Maximum number of attempts. Each lost race is a write of another writer, so that one of n
/// writers loses at most n - 1 times: enough for about a hundred concurrent writers.
pub(crate) const MAX_TRIES: u32 = 128;
const FIRST_BACK_OFF: Duration = Duration::from_millis(4);
const LONGEST_BACK_OFF: Duration = Duration::from_millis(250);

/// Value with the journal of the events that were applied to it, in one item and written in one
/// conditional write: `{"value":…,"applied":[{"event":…,"handler":…,"at":…,"said":[…]}]}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record<T> {
    /// State of the handler.
    pub value: T,
    /// The newest 64 applied events, the oldest first.
    pub applied: Vec<Applied>,
}

/// Event that was applied to a record, with the events that its handler emitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// Id of the applied event.
    pub event: EventId,
    /// Handler that applied it: two handlers may subscribe to one event and share a record.
    pub handler: String,
    /// Time of the decision.
    pub at: Timestamp,
    /// Emitted events, in order.
    pub said: Vec<Say>,
}

impl Applied {
    /// Returns the events that were emitted then: same ids, times and bodies.
    fn events(&self, heard: &Event) -> Vec<Event> {
        let say =
            |(index, say): (usize, &Say)| heard.caused(&self.handler, index, say.clone(), self.at);
        self.said.iter().enumerate().map(say).collect()
    }
}

/// Decision of a handler about an event; `R` is the handler's reason type.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision<T, R> {
    /// Writes and emits nothing, for this reason.
    Ignore(R),
    /// Writes `next` together with the events to emit.
    Write {
        /// New state.
        next: T,
        /// Events to emit, in order.
        says: Vec<Say>,
        /// Time from which the record is absent, together with its journal. It must be later than
        /// the last possible repeat (EventBridge retries for 24 hours). `None` means never.
        expires_at: Option<Timestamp>,
    },
}

/// Result of a turn.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "the events must be emitted"]
pub enum Turn<T, R> {
    /// The state was not written, for this reason.
    Ignored(R),
    /// The decision was written.
    Applied {
        /// State as written.
        value: T,
        /// Events to emit.
        events: Vec<Event>,
    },
    /// The event had been applied before; the state was not written.
    Repeated {
        /// Current state, which later events may have changed.
        value: T,
        /// Events that were emitted then and have to be emitted again.
        events: Vec<Event>,
    },
}

impl<T, R: fmt::Display> Turn<T, R> {
    /// Returns the outcome and the events to emit, whether for the first time or again.
    pub fn into_parts(self) -> (Outcome, Vec<Event>) {
        match self {
            Self::Ignored(reason) => (
                Outcome::Ignored {
                    reason: reason.to_string(),
                },
                Vec::new(),
            ),
            Self::Applied { events, .. } => (Outcome::Applied { said: events.len() }, events),
            Self::Repeated { events, .. } => (Outcome::Repeated { said: events.len() }, events),
        }
    }
}

impl<T> Record<T> {
    /// Returns the turn of an event that was applied before, or else the record.
    fn repeat<R>(self, handler: &str, heard: &Event) -> Result<Turn<T, R>, Self> {
        let applied = self
            .applied
            .iter()
            .find(|applied| applied.event == heard.id && applied.handler == handler);
        match applied.map(|applied| applied.events(heard)) {
            Some(events) => Ok(Turn::Repeated {
                value: self.value,
                events,
            }),
            None => Err(self),
        }
    }
}

/// Returns the journal with `applied` as its newest entry.
fn remember(mut journal: Vec<Applied>, applied: Applied) -> Vec<Applied> {
    journal.push(applied);
    let forgotten = journal.len().saturating_sub(REMEMBERED);
    journal.drain(..forgotten);
    journal
}

impl StateManager {
    /// Handles an event: loads the record under `key`, decides, and saves; repeats all of it after
    /// a lost race. `decide` must be pure; it gets the state (`None` if there is none yet) and the
    /// time.
    ///
    /// The caller emits the events of the turn. If it crashes before that, the event is delivered
    /// again and the turn is [`Turn::Repeated`] with the same events.
    ///
    /// The record remembers the newest 64 events. A repeat after that is decided as if it were new,
    /// and so is a repeat of an ignored event. Decisions should therefore add to sets rather than
    /// count.
    ///
    /// ```
    /// # use events::{Event, Say};
    /// # use events::{SystemClock, SystemEntropy};
    /// # use state::{Decision, Memory, StateManager, Turn};
    /// # use std::sync::Arc;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let clock = Arc::new(SystemClock);
    /// # let say = |topic: &str| Say {
    /// #     topic: topic.parse().unwrap(),
    /// #     subject: "octo/widgets#7".to_owned(),
    /// #     data: serde_json::json!({}),
    /// # };
    /// # let now = events::Clock::now(&*clock);
    /// # let opened = Event::first("1".parse()?, "github-bot.webhook", say("github.pr.opened"), now);
    /// let state = StateManager::new(Arc::new(Memory::default()), clock, Arc::new(SystemEntropy));
    /// let key = "pr:octo/widgets#7".parse()?;
    /// let decide = |seen: Option<&u32>, _now| match seen {
    ///     Some(_) => Decision::Ignore("known already"),
    ///     None => Decision::Write {
    ///         next: 1,
    ///         says: vec![say("agent.pr.review_requested")],
    ///         expires_at: None,
    ///     },
    /// };
    /// let first = state.turn(&key, "pull-request", &opened, decide).await?;
    /// let again = state.turn(&key, "pull-request", &opened, decide).await?;
    /// assert!(matches!(again, Turn::Repeated { .. }));
    /// assert_eq!(first.into_parts().1, again.into_parts().1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StateError::Contended`] after 128 lost races in a row, else as
    /// [`set`](StateManager::set).
    pub async fn turn<T, R>(
        &self,
        key: &Key,
        handler: &'static str,
        heard: &Event,
        decide: impl Fn(Option<&T>, Timestamp) -> Decision<T, R>,
    ) -> Result<Turn<T, R>, StateError>
    where
        T: Serialize + DeserializeOwned,
    {
        for lost in 0..MAX_TRIES {
            if lost > 0 {
                tracing::debug!(%key, handler, event = %heard.id, lost, "another writer was faster: deciding again");
                self.pause(back_off(lost)).await;
            }
            let seen = self.get::<Record<T>>(key).await?;
            let (before, journal) = match seen.value {
                Some(record) => match record.repeat(handler, heard) {
                    Ok(repeated) => return Ok(repeated),
                    Err(record) => (Some(record.value), record.applied),
                },
                None => (None, Vec::new()),
            };
            let now = self.now();
            let (next, says, expires_at) = match decide(before.as_ref(), now) {
                Decision::Ignore(reason) => return Ok(Turn::Ignored(reason)),
                Decision::Write {
                    next,
                    says,
                    expires_at,
                } => (next, says, expires_at),
            };
            let applied = Applied {
                event: heard.id.clone(),
                handler: handler.to_owned(),
                at: now,
                said: says,
            };
            let events = applied.events(heard);
            let record = Record {
                value: next,
                applied: remember(journal, applied),
            };
            match self.set(key, seen.version, &record, expires_at).await? {
                Saved::Written(_) => {
                    return Ok(Turn::Applied {
                        value: record.value,
                        events,
                    });
                }
                Saved::Stale => {}
            }
        }
        Err(StateError::Contended {
            key: key.clone(),
            tries: MAX_TRIES,
        })
    }
}

/// Returns the maximum pause after `lost` lost races. The pause itself is a random time from zero
/// to this ("Exponential Backoff And Jitter", AWS Architecture Blog).
pub(crate) fn back_off(lost: u32) -> Duration {
    FIRST_BACK_OFF
        .saturating_mul(1 << lost.min(16))
        .min(LONGEST_BACK_OFF)
}

#[cfg(test)]
mod tests;
