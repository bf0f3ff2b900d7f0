use crate::Handler;
use crate::{InvalidTopicPattern, TopicPattern};
use pattern::{EventPattern, InvalidPattern};
use std::sync::Arc;

/// Registers handlers by topic pattern.
pub trait Subscribe {
    /// Delivers every later event whose topic matches `topics` to `handler`. A topic pattern
    /// is exact (`github.pr.opened`) or contains `*`, which matches any characters.
    ///
    /// # Errors
    /// [`OnError`] if `topics` is not a topic pattern.
    fn on(&self, topics: &str, handler: Arc<dyn Handler>) -> Result<(), OnError>;
}

/// Reason why a handler was not registered.
#[derive(Debug, thiserror::Error)]
pub enum OnError {
    /// The text is not a topic pattern.
    #[error(transparent)]
    Topic(#[from] InvalidTopicPattern),
    /// EventBridge refuses the compiled pattern.
    #[error(transparent)]
    Pattern(#[from] InvalidPattern),
}

/// Compiles a topic pattern to an event pattern of EventBridge.
///
/// # Errors
/// [`OnError`] if `topics` is not a topic pattern.
pub fn compile(topics: &str) -> Result<EventPattern, OnError> {
    let topics: TopicPattern = topics.parse()?;
    Ok(EventPattern::parse(&topics.to_event_pattern().to_string())?)
}
