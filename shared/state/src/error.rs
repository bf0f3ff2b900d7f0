use crate::Key;
use event::Failure;

/// Why state could not be read or written. A lost race is not among them: that
/// is [`Saved::Stale`](crate::Saved::Stale).
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The backend did not answer, or asked to be left alone for a while. A
    /// write may or may not have been applied.
    #[error("state is unavailable: {reason}")]
    Unavailable {
        /// What the backend or the transport said.
        reason: String,
    },
    /// The backend answered, and will answer the same again: no such table, no
    /// permission, a file that is no database.
    #[error("state was refused: {reason}")]
    Refused {
        /// What was refused, and what to do about it.
        reason: String,
    },
    /// What is stored (or was to be stored) under `key` is not what its reader
    /// expects.
    #[error("state {key} is corrupt: {reason}")]
    Corrupt {
        /// The key.
        key: Key,
        /// What was wrong, and where.
        reason: String,
    },
    /// The value is larger than every backend can hold
    /// ([`MAX_VALUE_BYTES`](crate::MAX_VALUE_BYTES)).
    #[error(
        "state {key} is too large: {size} bytes of JSON, at most {} fit",
        crate::MAX_VALUE_BYTES
    )]
    TooLarge {
        /// The key.
        key: Key,
        /// The value's size as JSON, in bytes.
        size: usize,
    },
    /// Others moved first, `tries` times in a row.
    #[error("state {key} is contended: {tries} races lost in a row")]
    Contended {
        /// The key.
        key: Key,
        /// How often it was decided.
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
