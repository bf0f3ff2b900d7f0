use std::time::Duration;

/// Why something could not be done, as far as whoever hears an event must know:
/// whether the same event may succeed later.
pub trait Failure: std::error::Error + Send + Sync + 'static {
    /// `true`: deliver the event again later. `false`: it ends in the
    /// dead-letter queue, with this error as the reason.
    fn is_retryable(&self) -> bool;

    /// The least time to wait before the next try, where it is known.
    fn retry_after(&self) -> Option<Duration> {
        None
    }
}
