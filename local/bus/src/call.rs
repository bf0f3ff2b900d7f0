//! Calls a function with a delivery: in this process ([`Handlers`](crate::Handlers)) or
//! through its invoke URL ([`Lambda`]).

mod in_process;
mod lambda;
mod sqs;

pub use lambda::{InvalidLambdaUrl, Lambda};

use crate::queue::Delivery;
use crate::template::Route;
use async_trait::async_trait;
use events::WaitCause;
use std::fmt;
use std::time::Duration;

/// Calls functions, as EventBridge and Lambda's pollers do.
#[async_trait]
pub trait Call: Send + Sync + 'static {
    /// Answer of a function.
    type Answer: Send + fmt::Debug + 'static;

    /// Calls the route's function with the delivery. The call may run for at most `limit`.
    ///
    /// # Errors
    /// [`Failure`] gives the reason and whether a retry may succeed.
    async fn call(
        &self,
        route: &Route,
        delivery: &Delivery,
        limit: Duration,
    ) -> Result<Self::Answer, Failure>;
}

/// Reason for a failed call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The function returned an error.
    Error {
        /// Error text of the function.
        reason: String,
        /// True if the same event may succeed later.
        retryable: bool,
        /// Visibility timeout that the function set for its message. Applies to queue routes only.
        hidden_for: Option<Duration>,
        /// Cause of the wait before the next attempt, if the function ran in this process.
        cause: WaitCause,
    },
    /// The function panicked.
    Panicked(String),
    /// The function exceeded its time limit.
    TimedOut(Duration),
    /// The function could not be reached.
    Unreached(String),
}

impl Failure {
    /// Returns true if the same event may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Error { retryable, .. } => *retryable,
            Self::Panicked(_) | Self::TimedOut(_) | Self::Unreached(_) => true,
        }
    }

    /// Returns the cause of the wait before the next attempt.
    pub fn wait_cause(&self) -> WaitCause {
        match self {
            Self::Error { cause, .. } => *cause,
            Self::Panicked(_) | Self::TimedOut(_) | Self::Unreached(_) => WaitCause::Failure,
        }
    }

    /// Returns whether the call uses up a try. A wait for a rate limit or a pause does not.
    pub fn counts(&self) -> bool {
        match self.wait_cause() {
            WaitCause::Failure => true,
            WaitCause::Pace | WaitCause::Pause => false,
        }
    }

    /// Returns the visibility timeout that the function set, or `None` for the queue's default.
    pub fn hidden_for(&self) -> Option<Duration> {
        match self {
            Self::Error { hidden_for, .. } => *hidden_for,
            Self::Panicked(_) | Self::TimedOut(_) | Self::Unreached(_) => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error { reason, .. } => f.write_str(reason),
            Self::Panicked(message) => write!(f, "the function panicked: {message}"),
            Self::TimedOut(limit) => write!(f, "the function took longer than {limit:?}"),
            Self::Unreached(reason) => write!(f, "the function was not reached: {reason}"),
        }
    }
}
