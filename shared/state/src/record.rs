use crate::{Key, Saved, StateError, StateManager};
use event::{Event, EventId, Outcome, Say, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// How many events a record remembers that it applied.
///
/// A repeat that comes when so many others were applied after its first time is
/// decided as if it were new. It still says its events under the same ids, so
/// those who hear them see repeats; a decision that puts into sets, rather than
/// counts, changes nothing the second time.
const REMEMBERED: usize = 64;

/// Each lost race is a write that another one won, so among n writers nobody
/// loses more than n - 1 times: a bound for some hundred at once.
pub(crate) const MAX_TRIES: u32 = 128;
const FIRST_BACK_OFF: Duration = Duration::from_millis(4);
const LONGEST_BACK_OFF: Duration = Duration::from_millis(250);

/// A value and the journal of the events that were applied to it, kept in one
/// item and written in one conditional write:
/// `{"value":…,"applied":[{"event":…,"handler":…,"at":…,"said":[…]}]}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record<T> {
    /// The handler's state.
    pub value: T,
    /// The newest 64 events that were applied, the oldest first.
    pub applied: Vec<Applied>,
}

/// An event that was applied to a record, and what its handler said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// The event that was heard.
    pub event: EventId,
    /// Who heard it: two handlers may hear one event and share a record.
    pub handler: String,
    /// When it was decided.
    pub at: Timestamp,
    /// What was said, in order.
    pub said: Vec<Say>,
}

impl Applied {
    /// The very events that were said then: same ids, times and bodies.
    fn events(&self, heard: &Event) -> Vec<Event> {
        let say =
            |(index, say): (usize, &Say)| heard.caused(&self.handler, index, say.clone(), self.at);
        self.said.iter().enumerate().map(say).collect()
    }
}

/// What a handler decides about an event; `R` is its own reason type.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision<T, R> {
    /// Nothing is written and nothing is said, for this reason.
    Ignore(R),
    /// `next` is written, together with what is said about it.
    Write {
        /// The state from now on.
        next: T,
        /// What is said, in order.
        says: Vec<Say>,
        /// From when on the record is absent, its journal too: later than
        /// the last possible repeat (EventBridge retries for 24 hours). Never,
        /// if `None`.
        expires_at: Option<Timestamp>,
    },
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "the events are yet to be said"]
pub enum Turn<T, R> {
    /// Nothing was written, for this reason.
    Ignored(R),
    /// The decision was written.
    Applied {
        /// The state as written.
        value: T,
        /// What is to be said.
        events: Vec<Event>,
    },
    /// The event had been applied before; nothing was written.
    Repeated {
        /// The state as it stands, perhaps changed by later events.
        value: T,
        /// What was said then and is to be said again.
        events: Vec<Event>,
    },
}

impl<T, R: fmt::Display> Turn<T, R> {
    /// What came of it, and what is to be said, whether for the first time or
    /// again.
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
    /// The turn of an event that was applied before, or the record back.
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

/// The journal with `applied` as its newest entry.
fn remember(mut journal: Vec<Applied>, applied: Applied) -> Vec<Applied> {
    journal.push(applied);
    let forgotten = journal.len().saturating_sub(REMEMBERED);
    journal.drain(..forgotten);
    journal
}

impl StateManager {
    /// Hears an event: loads the record under `key`, decides, and saves, all of
    /// it again when someone else moved first. `decide` is pure; it gets the
    /// state (`None`: there is none yet) and the time.
    ///
    /// The caller says the turn's events. If it falls over before it has, the
    /// event comes again and the turn is [`Turn::Repeated`], with the same
    /// events.
    ///
    /// The newest 64 events are remembered: a repeat that comes later than that
    /// is decided as if it were new, as one is that was ignored. So a decision
    /// puts into sets rather than counts.
    ///
    /// ```
    /// # use event::{Event, Say};
    /// # use ports::{SystemClock, SystemEntropy};
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
    /// # let now = ports::Clock::now(&*clock);
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
    /// [`save`](StateManager::save).
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
                tracing::debug!(%key, handler, event = %heard.id, lost, "someone else moved first; deciding again");
                self.pause(back_off(lost)).await;
            }
            let seen = self.load::<Record<T>>(key).await?;
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
            match self.save(key, seen.version, &record, expires_at).await? {
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

/// The longest pause after so many lost races; the pause itself is drawn
/// from zero to this ("Exponential Backoff And Jitter", AWS Architecture Blog).
pub(crate) fn back_off(lost: u32) -> Duration {
    FIRST_BACK_OFF
        .saturating_mul(1 << lost.min(16))
        .min(LONGEST_BACK_OFF)
}

#[cfg(test)]
mod tests;
