//! Journal of all events, and their latency.
//!
//! *Subscribes to* all events.
//! *Reads* nothing.
//! *Writes* `journal:{correlation}/{event}`: the event as received.
//! *Emits* nothing. Metrics are derived from its log lines.

use async_trait::async_trait;
use events::{Clock, CorrelationId, Event, Handler, HandlerError, Outcome, Timestamp};
use serde::{Deserialize, Serialize};
use state::{InvalidKey, Key, SaveResult, StateManager, Version};
use std::sync::Arc;
use std::time::Duration;

/// Retention of a journal entry.
const RETENTION: Duration = Duration::from_hours(30 * 24);

/// Dependencies of the handler.
pub struct Deps {
    /// State with the journal.
    pub state: StateManager,
    pub clock: Arc<dyn Clock>,
}

pub struct Recorder {
    deps: Deps,
}

pub fn handler(deps: Deps) -> Recorder {
    Recorder { deps }
}

/// Entry of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub event: Event,
    /// Time of receipt.
    pub heard_at: Timestamp,
}

impl Entry {
    /// Returns `journal:{correlation}/{event}`. The entries of a flow are adjacent.
    ///
    /// # Errors
    /// [`InvalidKey`] if the ids are too long for a key.
    pub fn key(event: &Event) -> Result<Key, InvalidKey> {
        Key::new("journal", &format!("{}/{}", event.correlationid, event.id))
    }

    /// Returns the common prefix of the keys of one flow.
    pub fn prefix(flow: &CorrelationId) -> String {
        format!("journal:{flow}/")
    }
}

#[async_trait]
impl Handler for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    async fn handle(&self, event: &Event) -> Result<Outcome, HandlerError> {
        let entry = Entry {
            event: event.clone(),
            heard_at: self.deps.clock.now(),
        };
        let expires_at = entry.heard_at + RETENTION;
        let key = Entry::key(event)?;
        let saved = self
            .deps
            .state
            .set(&key, Version::ABSENT, &entry, Some(expires_at))
            .await?;
        match saved {
            SaveResult::Written(_) => {
                log(&entry);
                Ok(Outcome::Applied { emitted: 0 })
            }
            // The event is in the journal already.
            SaveResult::Stale => Ok(Outcome::Repeated { emitted: 0 }),
        }
    }
}

fn log(entry: &Entry) {
    let event = &entry.event;
    tracing::info!(
        id = event.id.as_str(),
        topic = event.topic.as_str(),
        subject = event.subject.as_deref(),
        correlationid = event.correlationid.as_str(),
        causationid = event.causationid.as_ref().map(events::EventId::as_str),
        "recorded {}",
        event.topic,
    );
}
