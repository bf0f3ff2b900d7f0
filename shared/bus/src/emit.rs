use async_trait::async_trait;
use event::{Event, EventId, Failure, Topic};

/// Puts events on the bus.
#[async_trait]
pub trait Emit: Send + Sync {
    /// Returns when the bus has all of `events`.
    ///
    /// # Errors
    /// [`EmitError`]; some of the events may be on the bus by then. Saying all of
    /// them again is safe: their ids are derived, and hearers tell repeats by id.
    async fn emit(&self, events: Vec<Event>) -> Result<(), EmitError>;
}

/// Why the bus does not have an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmitError {
    /// It would never fit.
    #[error("event {id} on {topic} is too large for the bus: {size} bytes, at most {limit}")]
    TooLarge {
        /// The event's id.
        id: EventId,
        /// The event's topic.
        topic: Topic,
        /// Its size as PutEvents counts it, in bytes.
        size: usize,
        /// The most that is sent, in bytes.
        limit: usize,
    },
    /// The bus did not take some of the events, now.
    #[error("the bus did not take {} ({reason})", list(.failed))]
    Unavailable {
        /// The events that are not on the bus.
        failed: Vec<EventId>,
        /// What the bus said.
        reason: String,
    },
    /// The bus will not take them: no permission, no such bus.
    #[error("the bus refused: {reason}")]
    Refused {
        /// What the bus said.
        reason: String,
    },
}

fn list(ids: &[EventId]) -> String {
    let ids: Vec<_> = ids.iter().map(EventId::as_str).collect();
    ids.join(", ")
}

impl Failure for EmitError {
    fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::TooLarge { .. } | Self::Refused { .. } => false,
        }
    }
}
