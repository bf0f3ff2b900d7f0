//! What there is to publish, and why nothing is.

use crate::Publisher;
use events::{Failure, HandlerError, Outcome};
use github::port::{GitHubError, PullRequest};
use policy::WhyNot;
use review::item::{PullRequestItem, ReviewItem, Stale};
use review::message::ReviewKey;
use state::Key;
use std::fmt;

/// What there is to publish of a head.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) review: ReviewKey,
    pub(crate) item: ReviewItem,
    /// The pull request, as its newest delivery told it.
    pub(crate) pull: Option<PullRequestItem>,
}

impl Wanted {
    /// `publication:{owner}/{repo}#{n}@{head}/{kind}`.
    pub(crate) fn key(&self, kind: &str) -> Key {
        key(&format!("{}/{kind}", self.review))
    }

    /// GitHub's answer, or `None` where it is an error that no other try mends: then
    /// `what` was asked for in vain, and the rest goes on without it.
    pub(crate) fn or_without<T>(
        &self,
        what: &str,
        answer: Result<T, GitHubError>,
    ) -> Result<Option<T>, GitHubError> {
        match answer {
            Err(error) if !error.is_retryable() => {
                tracing::info!(review = %self.review, what, %error, "GitHub refuses; going on without");
                Ok(None)
            }
            answer => answer.map(Some),
        }
    }

    /// Whether it is, by GitHub's word of `now`.
    pub(crate) fn still(&self, now: &PullRequest) -> Result<(), Ignored> {
        if now.head_sha != self.review.head_sha {
            return Err(Ignored::Stale(Stale::Superseded(now.head_sha.clone())));
        }
        if !now.open {
            return Err(Ignored::Stale(Stale::Closed));
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
    Key::new("publication", rest).expect("names make keys")
}

/// Why nothing is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ignored {
    /// Nobody wants anything of this head any more.
    Stale(Stale),
    /// It stands already.
    Already,
    /// What blocks is told by the verdict.
    VerdictTells,
    /// The lease ended; whoever took over settles it.
    TakenOver,
    /// `publish = false`.
    Unpublished,
    /// It is not under way any more.
    Ended,
    /// The pull request has no summary that could tell it.
    NoSummary,
    /// It would be merged into another branch than the one whose settings were read.
    OtherBase {
        /// The one that it was reviewed for.
        was: String,
        /// The one that it would be merged into.
        now: String,
    },
    /// Nothing is known of such events.
    UnknownTopic(String),
    /// Nothing is kept of the review.
    NotKept,
    /// The review began again after this verdict was announced.
    Replaced,
    /// Its review does not stand yet, and looks for itself when it is posted.
    NotReviewed,
    /// Nobody wants it to be approved, or its review asks for changes.
    NotAsked,
    /// It is not approved, for these reasons.
    Withheld(Vec<WhyNot>),
    /// The checks are of no pull request here.
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
            Self::Already => f.write_str("it is published already"),
            Self::VerdictTells => f.write_str("the verdict tells what blocks"),
            Self::TakenOver => f.write_str("another attempt has taken over"),
            Self::Unpublished => f.write_str("nothing is posted here: publish = false"),
            Self::Ended => f.write_str("nothing of it is under way"),
            Self::NoSummary => f.write_str("it has no summary to keep up to date"),
            Self::OtherBase { was, now } => {
                write!(
                    f,
                    "it was reviewed for {was}, and would be merged into {now}"
                )
            }
            Self::UnknownTopic(topic) => write!(f, "nothing is known of {topic}"),
            Self::Replaced => f.write_str("a new verdict is on its way"),
            Self::NotKept => f.write_str("nothing is kept of this review"),
            Self::NotReviewed => f.write_str("its review does not stand yet"),
            Self::NotAsked => f.write_str("no approval is asked for"),
            Self::Withheld(reasons) => {
                let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
                write!(f, "it is not approved: {}", reasons.join(" "))
            }
            Self::OfNone => f.write_str("the checks are of no pull request here"),
        }
    }
}

/// The verdict was announced and is not in state: state was lost.
#[derive(Debug, thiserror::Error)]
#[error("{0} has no verdict in state, though one was announced")]
pub(crate) struct NoVerdict(pub(crate) ReviewKey);

impl Failure for NoVerdict {
    fn is_retryable(&self) -> bool {
        false
    }
}

impl Publisher {
    /// What is kept of `review`, if anybody still wants it.
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
