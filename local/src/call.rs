//! Calling a function with what it is to hear: within this process
//! ([`Handlers`](crate::bus::Handlers)), or by its invoke URL
//! ([`Lambda`]).

mod in_process;
mod lambda;
mod sqs;

pub use lambda::{InvalidLambdaUrl, Lambda};

use crate::queue::Delivery;
use crate::template::Route;
use async_trait::async_trait;
use std::fmt;
use std::time::Duration;

/// Calls functions, as EventBridge and Lambda's pollers do.
#[async_trait]
pub trait Call: Send + Sync + 'static {
    /// What a function answers.
    type Answer: Send + fmt::Debug + 'static;

    /// Calls the route's function with the delivery, and gives it `limit` to run.
    ///
    /// # Errors
    /// [`Failure`] says why there is no answer, and whether there may be one later.
    async fn call(
        &self,
        route: &Route,
        delivery: &Delivery,
        limit: Duration,
    ) -> Result<Self::Answer, Failure>;
}

/// Why a function has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It failed.
    Error {
        /// What it said.
        reason: String,
        /// Whether the same event may succeed later.
        retryable: bool,
        /// For how long it has its message hidden, if it came by a queue and the
        /// function has said so.
        hidden_for: Option<Duration>,
    },
    /// It panicked.
    Panicked(String),
    /// It ran for longer than it may.
    TimedOut(Duration),
    /// Nobody is there to call.
    Unreached(String),
}

impl Failure {
    /// Whether the same event may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Error { retryable, .. } => *retryable,
            Self::Panicked(_) | Self::TimedOut(_) | Self::Unreached(_) => true,
        }
    }

    /// For how long its message is hidden, if not for the queue's own time.
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
