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

    /// Returns the cause of the wait before the next attempt.
    fn wait_cause(&self) -> WaitCause {
        WaitCause::Failure
    }
}

/// Cause of a wait before the next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitCause {
    /// The rate of writes is limited.
    Pace,
    /// A service has asked for a pause of all calls.
    Pause,
    /// The attempt failed, or another attempt holds a lease.
    Failure,
}

impl WaitCause {
    /// Returns the name in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pace => "pace",
            Self::Pause => "pause",
            Self::Failure => "failure",
        }
    }
}
