use crate::Key;
use events::Failure;

/// Error of a read or write of state. A lost race is not an error but
/// [`SaveResult::Stale`](crate::SaveResult::Stale).
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The backend did not answer or throttled the request. A write may or may not have been
    /// applied.
    #[error("state is unavailable: {reason}")]
    Unavailable {
        /// Message of the backend or the transport.
        reason: String,
    },
    /// The backend rejected the request, and a retry would be rejected, too: no such table, no
    /// permission, a file that is not a database.
    #[error("state was refused: {reason}")]
    Refused {
        /// Rejected request and its remedy.
        reason: String,
    },
    /// The value under `key`, stored or to be stored, is not in the expected format.
    #[error("state {key} is corrupt: {reason}")]
    Corrupt {
        key: Key,
        /// Problem and its position.
        reason: String,
    },
    /// The value exceeds the limit of every backend ([`MAX_VALUE_BYTES`](crate::MAX_VALUE_BYTES)).
    #[error(
        "state {key} is too large: {size} bytes of JSON, at most {} fit",
        crate::MAX_VALUE_BYTES
    )]
    TooLarge {
        key: Key,
        /// Size of the value as JSON, in bytes.
        size: usize,
    },
    /// Other writers were faster `tries` times in a row.
    #[error("state {key} is contended: {tries} races lost in a row")]
    Contended {
        key: Key,
        /// Number of decisions.
        tries: u32,
    },
}

impl Failure for StateError {
    fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::Contended { .. } => true,
            Self::Refused { .. } | Self::Corrupt { .. } | Self::TooLarge { .. } => false,
        }
    }
}
