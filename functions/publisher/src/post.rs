//! What is to be posted, and posting it.

use crate::publication::{Contested, Publication, Stage};
use crate::{Publisher, text};
use bus::HandlerError;
use diff::Diff;
use event::{Event, Failure, Message, Outcome};
use github::port::{GitHubError, NewReview, PullRequest, ReviewEvent, ReviewId};
use review::Category;
use review::item::{PullRequestItem, ReviewItem, Stale, Verdict};
use review::message::{Block, ReviewCompleted, ReviewKey};
use state::Key;
use std::fmt;
use std::time::Duration;

/// Posting takes no longer ([`PublishReview::create_review`] gives up earlier);
/// with less left of the lease, nothing is posted.
///
/// [`PublishReview::create_review`]: github::port::PublishReview::create_review
const TIME_TO_POST: Duration = Duration::from_secs(12);

/// What is to be published.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) review: ReviewKey,
    pub(crate) item: ReviewItem,
    pub(crate) kind: Kind,
}

/// The kinds of reviews that a head can have, one of each.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// The verdict.
    Verdict(Verdict),
    /// What the security specialist found after the verdict went out without it.
    Block(Block),
}

impl Wanted {
    /// `publication:{owner}/{repo}#{n}@{head}/{kind}`.
    #[expect(
        clippy::expect_used,
        reason = "GitHub's names are checked when they come in"
    )]
    pub(crate) fn key(&self) -> Key {
        let kind = match self.kind {
            Kind::Verdict(_) => "verdict",
            Kind::Block(_) => "block",
        };
        Key::new("publication", &format!("{}/{kind}", self.review)).expect("names make keys")
    }
}

/// A review that stands on GitHub, and the claim that it was posted under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Posted {
    pub(crate) claim: Publication,
    pub(crate) review_id: ReviewId,
    pub(crate) comments: u32,
}

/// Why nothing is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ignored {
    /// Nobody wants a review of this head any more.
    Stale(Stale),
    /// It stands already.
    Already,
    /// What blocks is told by the verdict.
    VerdictTells,
    /// Nothing on GitHub tells of it.
    ToldNowhere,
    /// The lease ended; whoever took over settles it.
    TakenOver,
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
            Self::ToldNowhere => f.write_str("nothing on GitHub tells of it"),
            Self::TakenOver => f.write_str("another attempt has taken over"),
        }
    }
}

/// The verdict was announced and is not in state: state was lost.
#[derive(Debug, thiserror::Error)]
#[error("{0} has no verdict in state, though one was announced")]
struct NoVerdict(ReviewKey);

impl Failure for NoVerdict {
    fn is_retryable(&self) -> bool {
        false
    }
}

impl Publisher {
    /// What `event` wants to be published.
    pub(crate) async fn wanted(
        &self,
        event: &Event,
    ) -> Result<Result<Wanted, Ignored>, HandlerError> {
        let block = event.topic.as_str() == Block::TOPIC;
        let (review, block) = if block {
            let block: Block = event.read()?;
            (block.review.clone(), Some(block))
        } else {
            let completed: ReviewCompleted = event.read()?;
            (completed.review, None)
        };
        let pr = PullRequestItem::key(&review.pr);
        let pull: Option<PullRequestItem> = self.state.peek(&pr).await?;
        if let Some(Err(stale)) = pull.map(|pull| pull.wants(&review.head_sha)) {
            return Ok(Err(Ignored::Stale(stale)));
        }
        let item: Option<ReviewItem> = self.state.peek(&ReviewItem::key(&review)).await?;
        let Some(item) = item else {
            return Err(NoVerdict(review).into());
        };
        let kind = match (block, item.verdict.clone()) {
            (None, Some(verdict)) => Kind::Verdict(verdict),
            (None, None) => return Err(NoVerdict(review).into()),
            (Some(block), Some(verdict)) if verdict.missing.contains(&Category::Security) => {
                Kind::Block(block)
            }
            (Some(_), _) => return Ok(Err(Ignored::VerdictTells)),
        };
        Ok(Ok(Wanted { review, item, kind }))
    }

    /// Posts what is `wanted` under `claim`, unless it stands already or its head
    /// is not the newest any more.
    pub(crate) async fn post(
        &self,
        wanted: &Wanted,
        claim: &Publication,
    ) -> Result<Result<Posted, Stale>, HandlerError> {
        let pr = &wanted.review.pr;
        let diff = self.diff(wanted).await?;
        let review = text::review(wanted, &diff, &claim.marker);
        let posted = |review_id| Posted {
            claim: claim.clone(),
            review_id,
            comments: u32::try_from(review.comments.len()).unwrap_or(u32::MAX),
        };
        if let Some(found) = self.github.find_review(pr, &claim.marker).await? {
            return Ok(Ok(posted(found)));
        }
        let now = self.github.pull_request(pr).await?;
        if let Err(stale) = still_wanted(&now, wanted) {
            return Ok(Err(stale));
        }
        self.time_left(claim)?;
        let review_id = match self.github.create_review(pr, &review).await {
            Err(GitHubError::Rejected { reason, .. }) if is_own_pull_request(&reason) => {
                let comment = NewReview {
                    event: ReviewEvent::Comment,
                    ..review.clone()
                };
                self.github.create_review(pr, &comment).await?
            }
            answer => answer?,
        };
        Ok(Ok(posted(review_id)))
    }

    /// The diff that comments must sit on.
    async fn diff(&self, wanted: &Wanted) -> Result<Diff, HandlerError> {
        let ReviewKey { pr, head_sha } = &wanted.review;
        let base_sha = &wanted.item.base_sha;
        Ok(review::change::read(&*self.github, pr, base_sha, head_sha).await?)
    }

    fn time_left(&self, claim: &Publication) -> Result<(), Contested> {
        match claim.stage {
            Stage::Claimed { until, .. } if self.clock.now() + TIME_TO_POST > until => {
                Err(Contested::TooSlow)
            }
            Stage::Claimed { .. } | Stage::Published { .. } => Ok(()),
        }
    }
}

fn still_wanted(now: &PullRequest, wanted: &Wanted) -> Result<(), Stale> {
    if now.head_sha != wanted.review.head_sha {
        Err(Stale::Superseded(now.head_sha.clone()))
    } else if now.open {
        Ok(())
    } else {
        Err(Stale::Closed)
    }
}

/// Nobody can request changes on a pull request of their own; the same review as
/// a comment is what is left.
fn is_own_pull_request(reason: &str) -> bool {
    reason
        .to_ascii_lowercase()
        .contains("your own pull request")
}
