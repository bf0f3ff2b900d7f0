use events::{Event, EventId, NewEvent, Outcome, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Number of applied events that a record remembers.
///
/// A repeat that arrives after so many other events is decided as if it were new. It emits its
/// events under the same ids, so that subscribers recognize the repeats. Decisions should therefore
/// add to sets rather than count: a second application then changes nothing.
const REMEMBERED: usize = 64;

/// Value with the journal of the events that were applied to it, in one item and written in one
/// conditional write: `{"value":…,"applied":[{"event":…,"handler":…,"at":…,"emitted":[…]}]}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record<T> {
    /// State of the handler.
    pub value: T,
    /// The newest 64 applied events, the oldest first.
    pub applied: Vec<AppliedEvent>,
}

/// Event that was applied to a record, with the events that its handler emitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AppliedEvent {
    /// Id of the applied event.
    pub event: EventId,
    /// Handler that applied it: two handlers may subscribe to one event and share a record.
    pub handler: String,
    /// Time of the decision.
    pub at: Timestamp,
    /// Emitted events, in order.
    #[serde(alias = "said")]
    pub emitted: Vec<NewEvent>,
}

impl AppliedEvent {
    /// Returns the events that were emitted then: same ids, times and bodies.
    pub(crate) fn events(&self, heard: &Event) -> Vec<Event> {
        let say = |(index, say): (usize, &NewEvent)| {
            heard.caused(&self.handler, index, say.clone(), self.at)
        };
        self.emitted.iter().enumerate().map(say).collect()
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
        emits: Vec<NewEvent>,
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
            Self::Applied { events, .. } => (
                Outcome::Applied {
                    emitted: events.len(),
                },
                events,
            ),
            Self::Repeated { events, .. } => (
                Outcome::Repeated {
                    emitted: events.len(),
                },
                events,
            ),
        }
    }
}

impl<T> Record<T> {
    /// Returns the turn of an event that was applied before, or else the record.
    pub(crate) fn repeat<R>(self, handler: &str, heard: &Event) -> Result<Turn<T, R>, Self> {
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
pub(crate) fn remember(mut journal: Vec<AppliedEvent>, applied: AppliedEvent) -> Vec<AppliedEvent> {
    journal.push(applied);
    let forgotten = journal.len().saturating_sub(REMEMBERED);
    journal.drain(..forgotten);
    journal
}

#[cfg(test)]
mod tests;
