//! Why a pattern or an event is refused.

use crate::json::SyntaxError;

/// A pattern that AWS refuses. It displays as `InvalidEventPatternException` words it.
///
/// The reasons are those of AWS's `TestEventPattern` where they are known; for text that is not
/// JSON, text that is too long and `$or` with too many combinations the words are this crate's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Event pattern is not valid. Reason: {reason}")]
pub struct InvalidPattern {
    reason: String,
}

impl InvalidPattern {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }

    /// The words behind `Event pattern is not valid. Reason: `.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl From<SyntaxError> for InvalidPattern {
    fn from(error: SyntaxError) -> Self {
        Self::new(error.to_string())
    }
}

/// A text that is no event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEvent {
    /// The text is not JSON.
    #[error("the event is {0}")]
    Syntax(#[from] SyntaxError),
    /// The text is JSON, but not an object.
    #[error("the event is not a JSON object")]
    NotAnObject,
}
