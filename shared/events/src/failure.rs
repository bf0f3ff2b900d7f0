use std::time::Duration;

/// Error of a handler, with the facts that its caller needs to decide on a retry.
pub trait Failure: std::error::Error + Send + Sync + 'static {
    /// Returns whether the same event may succeed later. If not, the event goes to the dead-letter
    /// queue with this error as the reason.
    fn is_retryable(&self) -> bool;

    /// Returns the minimum time to wait before the next attempt, if it is known.
    fn retry_after(&self) -> Option<Duration> {
        None
    }
}
