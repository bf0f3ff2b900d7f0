use async_trait::async_trait;
use event::{Event, Failure, Outcome};
use std::fmt;
use std::time::Duration;

/// Hears an event, changes at most one state item, says events.
///
/// Delivery is at least once: hearing the same event again must change nothing
/// and say the same events under the same ids.
#[async_trait]
pub trait Handler: Send + Sync {
    /// The function's name, as in `functions/<name>`.
    fn name(&self) -> &'static str;

    /// Hears `event`.
    ///
    /// # Errors
    /// [`HandlerError`]: whether the same event may succeed later.
    async fn handle(&self, event: &Event) -> Result<Outcome, HandlerError>;
}

/// Why an event was not handled. Made from any [`Failure`] by `?`.
#[derive(Debug)]
pub struct HandlerError(Box<dyn Failure>);

/// Between two tries of a message, when its function says nothing of the time: long
/// enough that ten tries outlast an outage.
const UNTOLD: Duration = Duration::from_secs(180);
/// The least, so that short waits do not use up a queue's tries.
const SHORTEST: Duration = Duration::from_secs(45);
/// The most ("ChangeMessageVisibility", Amazon SQS API Reference): twelve hours, less
/// what has gone by.
const LONGEST: Duration = Duration::from_hours(11);

impl HandlerError {
    /// How long a queue's message is hidden before it is tried again: as long as
    /// whatever failed asks for, within bounds.
    pub fn hidden_for(&self) -> Duration {
        let asked = self.retry_after().unwrap_or(UNTOLD);
        asked.clamp(SHORTEST, LONGEST)
    }

    /// Whether the same event may succeed later.
    pub fn is_retryable(&self) -> bool {
        self.0.is_retryable()
    }

    /// The least time to wait before the next try, where it is known.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after()
    }
}

impl<E: Failure> From<E> for HandlerError {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Display for HandlerError {
    /// The error and everything below it, in one line.
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
