use crate::{Event, Failure, Outcome, WaitCause};
use async_trait::async_trait;
use std::fmt;
use std::time::Duration;

/// Handles an event: changes at most one state item and emits events.
///
/// Delivery is at least once. A repeated event must change nothing and emit the same events
/// with the same ids.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Returns the function's name, as in `functions/<name>`.
    fn name(&self) -> &'static str;

    /// Handles `event`.
    ///
    /// # Errors
    /// [`HandlerError`], which states whether a retry may succeed.
    async fn handle(&self, event: &Event) -> Result<Outcome, HandlerError>;
}

/// Reason why an event was not handled. `?` converts any [`Failure`].
#[derive(Debug)]
pub struct HandlerError(Box<dyn Failure>);

/// Time between two attempts if the error states none. Ten attempts outlast an outage of half
/// an hour.
const DEFAULT_WAIT: Duration = Duration::from_secs(180);
/// Shortest time, so that short waits do not use up the attempts of a queue.
const SHORTEST: Duration = Duration::from_secs(45);
/// Longest time. SQS allows twelve hours since the message was received
/// ("ChangeMessageVisibility", Amazon SQS API Reference).
const LONGEST: Duration = Duration::from_hours(11);

impl HandlerError {
    /// Returns how long the queue hides the message before the next attempt: the time that
    /// the error states, within bounds.
    pub fn hidden_for(&self) -> Duration {
        let asked = self.retry_after().unwrap_or(DEFAULT_WAIT);
        asked.clamp(SHORTEST, LONGEST)
    }

    /// Returns whether a retry may succeed.
    pub fn is_retryable(&self) -> bool {
        self.0.is_retryable()
    }

    /// Returns the shortest time before the next attempt, if the error states one.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after()
    }

    /// Returns the cause of the wait before the next attempt.
    pub fn wait_cause(&self) -> WaitCause {
        self.0.wait_cause()
    }
}

impl<E: Failure> From<E> for HandlerError {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Display for HandlerError {
    /// Writes the error and its sources in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut below = self.0.source();
        while let Some(source) = below {
            write!(f, ": {source}")?;
            below = source.source();
        }
        Ok(())
    }
}
