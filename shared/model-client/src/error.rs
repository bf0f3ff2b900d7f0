use events::{Failure, Timestamp, WaitCause};
use state::StateError;
use std::time::Duration;

/// Reason for a missing answer. No variant means that the model found nothing.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The endpoint asked for a pause. A pause is not a failure.
    #[error("the model is paused until {until}")]
    Paused {
        /// End of the pause.
        until: Timestamp,
        /// Remaining duration at the time of the error.
        wait: Duration,
    },
    /// The question would exceed a budget.
    #[error("the budget of {scope} is used up: {limit} tokens")]
    OverBudget {
        /// Name of the budget for people.
        scope: String,
        /// Limit in tokens.
        limit: u64,
    },
    /// The account has no credit or no tokens left for today. A retry does not help.
    #[error("the account's quota is used up: {reason}")]
    Quota {
        /// Message of the endpoint.
        reason: String,
    },
    /// No answer after several tries, or no time left for another try.
    #[error("the model is unavailable: {reason}")]
    Unavailable {
        /// Last message of the endpoint or the transport.
        reason: String,
    },
    /// The model refused to answer.
    #[error("the model refused: {0}")]
    Refused(String),
    /// The answer exceeded the model's output limit.
    #[error("the model's answer was cut short")]
    CutShort,
    /// The answer was empty.
    #[error("the model's answer was empty")]
    Empty,
    /// The endpoint's content filter blocked the question or the answer.
    #[error("the endpoint's content filter blocked the answer")]
    Filtered,
    /// Neither the answer nor the repaired answer passed the check.
    #[error("the model's answer cannot be used: {reason}")]
    Malformed {
        /// Problem with the answer.
        reason: String,
    },
    /// The endpoint rejected the key, the model's name or the question.
    #[error("{reason}")]
    Rejected {
        /// Variable to change, and the remedy.
        reason: String,
    },
    /// The deadline is too near for a call. The caller decides about a retry.
    #[error("no time is left to ask the model")]
    NoTime,
    /// The budgets or the pause could not be read or written.
    #[error(transparent)]
    State(#[from] StateError),
}

impl Failure for AgentError {
    fn is_retryable(&self) -> bool {
        match self {
            Self::Paused { .. } | Self::Unavailable { .. } => true,
            Self::State(error) => error.is_retryable(),
            Self::OverBudget { .. }
            | Self::Quota { .. }
            | Self::Refused(_)
            | Self::CutShort
            | Self::Empty
            | Self::Filtered
            | Self::Malformed { .. }
            | Self::Rejected { .. }
            | Self::NoTime => false,
        }
    }

    fn wait_cause(&self) -> WaitCause {
        match self {
            Self::Paused { .. } => WaitCause::Pause,
            Self::State(error) => error.wait_cause(),
            Self::OverBudget { .. }
            | Self::Quota { .. }
            | Self::Unavailable { .. }
            | Self::Refused(_)
            | Self::CutShort
            | Self::Empty
            | Self::Filtered
            | Self::Malformed { .. }
            | Self::Rejected { .. }
            | Self::NoTime => WaitCause::Failure,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Paused { wait, .. } => Some(*wait),
            Self::State(error) => error.retry_after(),
            Self::OverBudget { .. }
            | Self::Quota { .. }
            | Self::Unavailable { .. }
            | Self::Refused(_)
            | Self::CutShort
            | Self::Empty
            | Self::Filtered
            | Self::Malformed { .. }
            | Self::Rejected { .. }
            | Self::NoTime => None,
        }
    }
}
