use events::{Failure, Timestamp};
use state::StateError;
use std::time::Duration;

/// Why there is no answer. None of these means that the model found nothing.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The endpoint wants to be left alone. Waiting is not failing.
    #[error("the model is paused until {until}")]
    Paused {
        /// When it may be asked again.
        until: Timestamp,
        /// How long that was, when this was found.
        wait: Duration,
    },
    /// A budget would be passed.
    #[error("the budget of {scope} is used up: {limit} tokens")]
    OverBudget {
        /// The budget's name, for people.
        scope: String,
        /// Tokens.
        limit: u64,
    },
    /// The account has no money or no tokens left for today: asking again does not
    /// help.
    #[error("the account's quota is used up: {reason}")]
    Quota {
        /// What the endpoint said.
        reason: String,
    },
    /// No answer after several tries, or no time for another one.
    #[error("the model is unavailable: {reason}")]
    Unavailable {
        /// What the endpoint or the transport said last.
        reason: String,
    },
    /// The model does not want to answer.
    #[error("the model refused: {0}")]
    Refused(String),
    /// The answer was longer than the model may write.
    #[error("the model's answer was cut short")]
    CutShort,
    /// There was nothing in the answer.
    #[error("the model's answer was empty")]
    Empty,
    /// The endpoint's filter kept the question or the answer back.
    #[error("the endpoint's filter kept the answer back")]
    Filtered,
    /// The answer did not pass the check, and the repaired one did not either.
    #[error("the model's answer cannot be used: {reason}")]
    Malformed {
        /// What was wrong with it.
        reason: String,
    },
    /// The endpoint does not take the key, the model's name or the question. Names
    /// the variable and what to do.
    #[error("{reason}")]
    Rejected {
        /// The variable, and the remedy.
        reason: String,
    },
    /// The deadline is too near to begin. It is the caller's, who knows whether there
    /// is another.
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
