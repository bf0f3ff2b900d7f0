//! Errors for refused patterns and events.

use crate::json::SyntaxError;

/// A pattern that AWS refuses. It displays in the format of `InvalidEventPatternException`.
///
/// The reasons match AWS's `TestEventPattern` where its texts are known. This crate words the
/// reasons for text that is not JSON, text that is too long and too many `$or` combinations.
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

    /// Returns the text after `Event pattern is not valid. Reason: `.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl From<SyntaxError> for InvalidPattern {
    fn from(error: SyntaxError) -> Self {
        Self::new(error.to_string())
    }
}

/// A text that is not an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEvent {
    /// The text is not JSON.
    #[error("the event is {0}")]
    Syntax(#[from] SyntaxError),
    /// The text is JSON, but not an object.
    #[error("the event is not a JSON object")]
    NotAnObject,
}
