use crate::{Event, EventId, Failure, Topic};
use async_trait::async_trait;

/// Puts events on the bus.
#[async_trait]
pub trait Emit: Send + Sync {
    /// Returns when the bus has all of `events`.
    ///
    /// # Errors
    /// [`EmitError`]; the bus may have some of the events. Emitting all of them again is
    /// safe: their ids are derived, and handlers detect a repeat by its id.
    async fn emit(&self, events: Vec<Event>) -> Result<(), EmitError>;
}

/// Reason why the bus does not have an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmitError {
    /// The event exceeds the limit of the bus.
    #[error("event {id} on {topic} has {size} bytes; the bus accepts at most {limit}")]
    TooLarge {
        id: EventId,
        topic: Topic,
        /// Size in bytes, counted as PutEvents does.
        size: usize,
        /// Largest size in bytes.
        limit: usize,
    },
    /// The bus did not accept some of the events; a retry may succeed.
    #[error("the bus did not accept {} ({reason})", list(.failed))]
    Unavailable {
        /// The events that are not on the bus.
        failed: Vec<EventId>,
        /// Error message of the bus.
        reason: String,
    },
    /// The bus refuses the events: the permission is missing, or the bus does not exist.
    #[error("the bus refused the events: {reason}")]
    Refused {
        /// Error message of the bus.
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
