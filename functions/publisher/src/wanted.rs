//! Loads the state to publish, and names the reasons to publish nothing.

use crate::Publisher;
use events::{Failure, HandlerError, Outcome};
use github::port::{GitHubError, PullRequest};
use policy::NoApprovalReason;
use review::item::{PullRequestItem, ReviewItem, StaleReason};
use review::message::ReviewKey;
use state::Key;
use std::fmt;

/// State of a head that is to be published.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) review: ReviewKey,
    pub(crate) item: ReviewItem,
    /// Pull request according to its newest delivery.
    pub(crate) pull: Option<PullRequestItem>,
}

impl Wanted {
    /// Returns `publication:{owner}/{repo}#{n}@{head}/{kind}`.
    pub(crate) fn key(&self, kind: &str) -> Key {
        key(&format!("{}/{kind}", self.review))
    }

    /// Returns GitHub's answer, or `None` for an error that a retry does not fix. Logs the error
    /// with `what`, and the caller continues without the answer.
    pub(crate) fn or_without<T>(
        &self,
        what: &str,
        answer: Result<T, GitHubError>,
    ) -> Result<Option<T>, GitHubError> {
        match answer {
            Err(error) if !error.is_retryable() => {
                tracing::info!(review = %self.review, what, %error, "GitHub refused the request; continuing without its answer");
                Ok(None)
            }
            answer => answer.map(Some),
        }
    }

    /// Returns an error if GitHub's pull request `now` has another head or base branch, or is
    /// closed.
    pub(crate) fn still(&self, now: &PullRequest) -> Result<(), Ignored> {
        if now.head_sha != self.review.head_sha {
            return Err(Ignored::Stale(StaleReason::Superseded(
                now.head_sha.clone(),
            )));
        }
        if !now.open {
            return Err(Ignored::Stale(StaleReason::Closed));
        }
        match &self.item.base_branch {
            Some(was) if *was != now.base_ref => Err(Ignored::OtherBase {
                was: was.clone(),
                now: now.base_ref.clone(),
            }),
            Some(_) | None => Ok(()),
        }
    }
}

#[expect(
    clippy::expect_used,
    reason = "GitHub's names are checked when they come in"
)]
pub(crate) fn key(rest: &str) -> Key {
    Key::new("publication", rest).expect("GitHub names are valid keys")
}

/// Reason that nothing is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ignored {
    /// The head is closed or superseded.
    Stale(StaleReason),
    /// The content is published already.
    Already,
    /// The verdict contains the blocking findings.
    VerdictTells,
    /// The lease ended. The attempt that holds the new lease settles the publication.
    TakenOver,
    /// The policy has `publish = false`.
    Unpublished,
    /// The check is not in progress.
    Ended,
    /// The pull request has no summary to update.
    NoSummary,
    /// The pull request has another base branch than the one that the settings were read from.
    OtherBase {
        /// Base branch of the review.
        was: String,
        /// Current base branch.
        now: String,
    },
    /// The publisher does not handle this topic.
    UnknownTopic(String),
    /// The state holds no review of this head.
    NotKept,
    /// The review began again after this verdict was announced.
    Replaced,
    /// The review is not published yet. It reads the checks itself when it is posted.
    NotReviewed,
    /// The policy does not ask for an approval, or the review requests changes.
    NotAsked,
    /// The pull request is not approved, for these reasons.
    Withheld(Vec<NoApprovalReason>),
    /// The checks belong to no pull request of this repository.
    OfNone,
}

impl Ignored {
    pub(crate) fn outcome(&self) -> Outcome {
        Outcome::Ignored {
            reason: self.to_string(),
        }
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::Already => f.write_str("already published"),
            Self::VerdictTells => f.write_str("the verdict contains the blocking findings"),
            Self::TakenOver => f.write_str("another attempt holds the lease"),
            Self::Unpublished => f.write_str("not posted: publish = false"),
            Self::Ended => f.write_str("no check is in progress"),
            Self::NoSummary => f.write_str("the pull request has no summary to update"),
            Self::OtherBase { was, now } => {
                write!(
                    f,
                    "reviewed for base branch {was}, but the base branch is {now}"
                )
            }
            Self::UnknownTopic(topic) => write!(f, "unknown topic {topic}"),
            Self::Replaced => f.write_str("the review began again"),
            Self::NotKept => f.write_str("no review in state"),
            Self::NotReviewed => f.write_str("the review is not published yet"),
            Self::NotAsked => f.write_str("no approval wanted"),
            Self::Withheld(reasons) => {
                let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
                write!(f, "not approved: {}", reasons.join(" "))
            }
            Self::OfNone => f.write_str("the checks belong to no pull request"),
        }
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

impl Publisher {
    /// Returns the stored review if it is still wanted.
    pub(crate) async fn wanted(
        &self,
        review: &ReviewKey,
    ) -> Result<Result<Wanted, Ignored>, HandlerError> {
        let pr = PullRequestItem::key(&review.pr);
        let pull: Option<PullRequestItem> = self.deps.state.peek(&pr).await?;
        let wants = pull.as_ref().map(|pull| pull.wants(&review.head_sha));
        if let Some(Err(stale)) = wants {
            return Ok(Err(Ignored::Stale(stale)));
        }
        let item: Option<ReviewItem> = self.deps.state.peek(&ReviewItem::key(review)).await?;
        Ok(item.ok_or(Ignored::NotKept).map(|item| Wanted {
            review: review.clone(),
            item,
            pull,
        }))
    }
}
