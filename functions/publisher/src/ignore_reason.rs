//! Reasons to publish nothing.

use crate::lease::LeaseError;
use crate::published::UnknownResult;
use events::{Failure, HandlerError, Outcome};
use github::port::GitHubError;
use policy::NoApprovalReason;
use review::item::StaleReason;
use review::message::ReviewKey;
use state::StateError;
use std::fmt;
use std::time::Duration;

/// Reason that nothing is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IgnoreReason {
    /// The head is closed or superseded.
    Stale(StaleReason),
    /// The content is published already.
    Already,
    /// The verdict contains the blocking findings.
    InVerdict,
    /// Another attempt holds the lease, and handles this event too.
    Postponed,
    /// The policy has `publish = false`.
    Unpublished,
    /// The settings under `[show]` hide it.
    Hidden,
    /// The pull request has another base branch than the one that the settings were read from.
    OtherBase {
        /// Base branch of the review.
        was: String,
        /// Current base branch.
        now: String,
    },
    /// No check of the head is in progress.
    NoCheck,
    /// The head was dropped, and is the newest one again.
    NewestAgain,
    /// The publisher does not handle this topic.
    UnknownTopic(String),
    /// The state holds no review of this head.
    NotStored,
    /// The review began again after this verdict was announced.
    Replaced,
    /// The head is skipped now.
    Skipped,
    /// The review is not published yet. It reads the checks itself when it is posted.
    NotReviewed,
    /// The policy does not ask for an approval, or the review requests changes.
    NotRequested,
    /// The pull request is not approved, for these reasons.
    Withheld(Vec<NoApprovalReason>),
    /// GitHub no longer has the head in the pull request.
    RemovedCommit,
    /// The commit status is not a success.
    NotGreen,
    /// The checks belong to no pull request of this repository.
    NoPullRequest,
}

impl IgnoreReason {
    pub(crate) fn outcome(&self) -> Outcome {
        Outcome::Ignored {
            reason: self.to_string(),
        }
    }
}

impl fmt::Display for IgnoreReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::Already => f.write_str("already published"),
            Self::InVerdict => f.write_str("the verdict contains the blocking findings"),
            Self::Postponed => f.write_str("the attempt that holds the lease continues"),
            Self::Unpublished => f.write_str("not posted: publish = false"),
            Self::Hidden => f.write_str("the settings hide it"),
            Self::OtherBase { was, now } => {
                write!(
                    f,
                    "reviewed for base branch {was}, but the base branch is {now}"
                )
            }
            Self::NoCheck => f.write_str("no check is in progress"),
            Self::NewestAgain => f.write_str("the head is the newest one again"),
            Self::UnknownTopic(topic) => write!(f, "unknown topic {topic}"),
            Self::Replaced => f.write_str("the review began again"),
            Self::NotStored => f.write_str("no review in state"),
            Self::Skipped => f.write_str("the head is skipped now"),
            Self::NotReviewed => f.write_str("the review is not published yet"),
            Self::NotRequested => f.write_str("no approval wanted"),
            Self::Withheld(reasons) => {
                let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
                write!(f, "not approved: {}", reasons.join(" "))
            }
            Self::RemovedCommit => f.write_str("the commit is not part of the pull request"),
            Self::NotGreen => f.write_str("the commit status is not a success"),
            Self::NoPullRequest => f.write_str("the checks belong to no pull request"),
        }
    }
}

/// Reason that an attempt ends early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Nothing is published, and the event counts as ignored.
    Ignored(IgnoreReason),
    Failed(HandlerError),
}

impl From<IgnoreReason> for Stop {
    fn from(reason: IgnoreReason) -> Self {
        Self::Ignored(reason)
    }
}

impl From<HandlerError> for Stop {
    fn from(error: HandlerError) -> Self {
        Self::Failed(error)
    }
}

impl From<GitHubError> for Stop {
    fn from(error: GitHubError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<StateError> for Stop {
    fn from(error: StateError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<UnknownResult> for Stop {
    fn from(error: UnknownResult) -> Self {
        Self::Failed(error.into())
    }
}

impl From<LeaseError> for Stop {
    fn from(error: LeaseError) -> Self {
        Self::Failed(error.into())
    }
}

/// Error: GitHub's pull request differs from the stored one. GitHub may answer from a replica that
/// is behind, or the delivery of the change may be on its way.
#[derive(Debug, thiserror::Error)]
#[error("GitHub's answer differs from the state, and one of them is outdated: {0}")]
pub(crate) struct Outdated(pub(crate) IgnoreReason);

impl Failure for Outdated {
    fn is_retryable(&self) -> bool {
        true
    }

    fn retry_after(&self) -> Option<Duration> {
        Some(Duration::from_secs(45))
    }
}

impl From<Outdated> for Stop {
    fn from(error: Outdated) -> Self {
        Self::Failed(error.into())
    }
}

/// Error: the verdict was announced and is missing in the state, so the state was lost.
#[derive(Debug, thiserror::Error)]
#[error("{0} has no verdict in state, although it was announced")]
pub(crate) struct NoVerdict(pub(crate) ReviewKey);

impl Failure for NoVerdict {
    fn is_retryable(&self) -> bool {
        false
    }
}
