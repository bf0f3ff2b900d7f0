//! The journal of the event flow, and its latency.
//!
//! *Hears* everything.
//! *Reads* nothing.
//! *Writes* `journal:{correlation}/{event}`: the event as it was heard.
//! *Says* nothing; its log lines are what metrics are made from.

use async_trait::async_trait;
use events::{Clock, CorrelationId, Event, Handler, HandlerError, Outcome, Timestamp};
use serde::{Deserialize, Serialize};
use state::{InvalidKey, Key, Saved, StateManager, Version};
use std::sync::Arc;
use std::time::Duration;

/// How long the journal is kept.
const RETENTION: Duration = Duration::from_hours(30 * 24);

/// Dependencies of the handler.
pub struct Deps {
    /// Where the journal is kept.
    pub state: StateManager,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// Handler of the function.
pub struct Recorder {
    deps: Deps,
}

/// Creates the handler.
pub fn handler(deps: Deps) -> Recorder {
    Recorder { deps }
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The event.
    pub event: Event,
    /// When it was heard here.
    pub heard_at: Timestamp,
}

impl Entry {
    /// `journal:{correlation}/{event}`: a flow's entries lie side by side.
    ///
    /// # Errors
    /// [`InvalidKey`] when the ids are too long for a key.
    pub fn key(event: &Event) -> Result<Key, InvalidKey> {
        Key::new("journal", &format!("{}/{}", event.correlationid, event.id))
    }

    /// What the keys of one flow begin with.
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
            Saved::Written(_) => {
                log(&entry);
                Ok(Outcome::Applied { said: 0 })
            }
            // The event is in the journal already: it was heard before.
            Saved::Stale => Ok(Outcome::Repeated { said: 0 }),
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
