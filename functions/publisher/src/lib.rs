//! Publishes reviews, checks and summaries. It is the only function that writes to GitHub.
//!
//! *Subscribes to* `agent.pr.review_completed` and `agent.pr.block` (publish a review),
//! `agent.pr.review_begun` (set the check in progress), `agent.pr.review_dropped` (end the check),
//! `agent.pr.review_published` and `agent.pr.review_skipped` (publish a check and a summary),
//! `github.check_suite.completed` (publish a pending approval).
//! *Reads* `pr:{owner}/{repo}#{n}` and GitHub's pull request (to compare the head with the newest
//! head), `review:{owner}/{repo}#{n}@{head}` (the policy and the verdict),
//! `check:{owner}/{repo}#{n}@{head}/security` (blocking findings that arrived late), GitHub's diff,
//! reviews, checks and comments.
//! *Writes* `publication:{owner}/{repo}#{n}@{head}/{verdict,block,doubt,approval}`,
//! `publication:{owner}/{repo}@{head}/check`, `publication:{owner}/{repo}#{n}/summary`, and one
//! GitHub object for each. Dismisses the votes of older reviews.
//! *Emits* `agent.pr.review_published`, or `agent.pr.review_recorded` if the policy disables
//! posting.
//!
//! A review is posted once per pull request, head and kind. The check of a commit and the summary
//! of a pull request are edited in place. Each publication is claimed under a lease. The posted
//! object carries a marker that is stored with the claim, and the publisher searches GitHub for the
//! marker before it posts. A crash between two steps or a lost response therefore leads to exactly
//! one object, and a failed attempt does not count as published.

mod approval;
mod approve;
mod check;
mod pace;
mod publication;
mod review;
mod summary;
mod text;
mod votes;
mod wanted;

pub use pace::Turns;

use ::review::Category;
use ::review::item::CheckItem;
use ::review::message::{
    Block, ReviewBegun, ReviewCompleted, ReviewDropped, ReviewKey, ReviewPublished, ReviewSkipped,
};
use async_trait::async_trait;
use check::{Check, Told};
use events::{Clock, Emit, Entropy, Event, Handler, HandlerError, Message, Outcome};
use github::port::{
    DismissReview, PublishReview, ReadChange, ReadChecks, ReadPullRequest, SetCheck, Summarise,
    WhoAmI,
};
use publication::{Publication, Publish, Stage};
use review::Review;
use state::StateManager;
use std::sync::Arc;
use summary::Summary;
use wanted::{Ignored, NoVerdict, Wanted};

const NAME: &str = "publisher";

/// Topic for the end of all checks of one App on a commit ("Webhook events and payloads",
/// `check_suite`).
const CHECKS_COMPLETED: &str = "github.check_suite.completed";

/// Dependencies of the handler.
pub struct Deps {
    /// State with the claims on publications.
    pub state: StateManager,
    /// Bus for the events about published reviews.
    pub bus: Arc<dyn Emit>,
    /// GitHub, limited to the calls that the publisher needs.
    pub github: Arc<dyn GitHub>,
    pub clock: Arc<dyn Clock>,
    /// Source of lease holders and markers.
    pub entropy: Arc<dyn Entropy>,
}

pub struct Publisher {
    deps: Deps,
}

pub fn handler(deps: Deps) -> Publisher {
    Publisher { deps }
}

/// Parts of GitHub that the publisher uses.
pub trait GitHub:
    ReadPullRequest
    + ReadChange
    + ReadChecks
    + WhoAmI
    + PublishReview
    + DismissReview
    + SetCheck
    + Summarise
{
}

impl<T> GitHub for T where
    T: ReadPullRequest
        + ReadChange
        + ReadChecks
        + WhoAmI
        + PublishReview
        + DismissReview
        + SetCheck
        + Summarise
{
}

#[async_trait]
impl Handler for Publisher {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn handle(&self, event: &Event) -> Result<Outcome, HandlerError> {
        match event.topic.as_str() {
            Block::TOPIC => {
                let block: Block = event.read()?;
                let of = self.wanted(&block.review).await?;
                let key = CheckItem::key(&block.review, Category::Security);
                let report = self.deps.state.peek(&key).await?;
                match of.and_then(|of| Review::of_late(of, report)) {
                    Ok(review) => self.publish(event, &review).await,
                    Err(ignored) => Ok(ignored.outcome()),
                }
            }
            ReviewPublished::TOPIC => {
                let published: ReviewPublished = event.read()?;
                self.show(event, &published.review).await
            }
            ReviewSkipped::TOPIC => {
                let skipped: ReviewSkipped = event.read()?;
                self.show(event, &skipped.review).await
            }
            ReviewDropped::TOPIC => {
                let dropped: ReviewDropped = event.read()?;
                self.dropped(event, dropped.review).await
            }
            CHECKS_COMPLETED => self.checked(event, &event.data_as()?).await,
            ReviewBegun::TOPIC => {
                let begun: ReviewBegun = event.read()?;
                self.begun(event, &begun.review).await
            }
            ReviewCompleted::TOPIC => {
                let completed: ReviewCompleted = event.read()?;
                match self.wanted(&completed.review).await? {
                    Ok(of) => match Review::of_verdict(of) {
                        Ok(review) => self.publish(event, &review).await,
                        Err(ignored) => Ok(ignored.outcome()),
                    },
                    Err(Ignored::NotKept) => Err(NoVerdict(completed.review).into()),
                    Err(ignored) => Ok(ignored.outcome()),
                }
            }
            unknown => Ok(Ignored::UnknownTopic(unknown.to_owned()).outcome()),
        }
    }
}

impl Publisher {
    /// Sets the check, writes the summary, and dismisses the votes of older reviews. Ends the check
    /// if the review of the head was dropped. Each step has its own claim or is visible on GitHub,
    /// so a redelivery resumes at the failed step. A check that GitHub rejects permanently does not
    /// prevent the other steps.
    async fn show(&self, event: &Event, review: &ReviewKey) -> Result<Outcome, HandlerError> {
        let (of, told) = match self.tells(review).await? {
            Ok(tells) => tells,
            Err(ignored @ Ignored::Stale(_)) => {
                let ended = self.dropped(event, review.clone()).await?;
                return Ok(both(ignored.outcome(), ended));
            }
            Err(ignored) => return Ok(ignored.outcome()),
        };
        if event.topic.as_str() == ReviewPublished::TOPIC && self.is_withdrawn(&of).await? {
            // The publisher of another head dismissed this vote before this head became the newest
            // again.
            return match Review::of_verdict(of) {
                Ok(review) => self.publish(event, &review).await,
                Err(ignored) => Ok(ignored.outcome()),
            };
        }
        let check = self.publish(event, &Check::of(&of, told)).await;
        if let Err(error) = &check
            && error.is_retryable()
        {
            return check;
        }
        let summary = Summary { of: &of, told };
        let summary = match summary.is_due(self).await? {
            true => Some(self.publish(event, &summary).await),
            false => None,
        };
        if event.topic.as_str() == ReviewPublished::TOPIC {
            self.take_back_votes(&of).await?;
        }
        Ok(match summary {
            Some(summary) => both(check?, summary?),
            None => check?,
        })
    }

    /// Sets the check in progress. A check of a skipped head must not allow a merge while the head
    /// is under review.
    async fn begun(&self, event: &Event, review: &ReviewKey) -> Result<Outcome, HandlerError> {
        match self.tells(review).await? {
            Ok((of, Told::UnderWay)) => {
                let check = Check::of(&of, Told::UnderWay);
                self.publish(event, &check).await
            }
            Ok((_, Told::Skipped(_) | Told::Review | Told::Block)) => Ok(Ignored::Ended.outcome()),
            Err(ignored) => Ok(ignored.outcome()),
        }
    }

    /// Ends the check of a dropped head. Does nothing if the check was never claimed: the
    /// holder of a later claim reads the pull request and ignores the dropped head.
    async fn dropped(&self, event: &Event, review: ReviewKey) -> Result<Outcome, HandlerError> {
        let check = Check::dropped(review);
        let claimed: Option<Publication<check::Stands>> =
            self.deps.state.peek(&check.key()).await?;
        match claimed.map(|it| it.stage) {
            None => Ok(Ignored::Ended.outcome()),
            Some(Stage::Published(stands)) if check.is_told_by(&stands) => {
                Ok(Ignored::Ended.outcome())
            }
            Some(Stage::Published(_) | Stage::Claimed(_) | Stage::Withdrawn(_)) => {
                self.publish(event, &check).await
            }
        }
    }

    /// Returns the stored review and the status to publish for it.
    async fn tells(
        &self,
        review: &ReviewKey,
    ) -> Result<Result<(Wanted, Told), Ignored>, HandlerError> {
        let of = match self.wanted(review).await? {
            Ok(of) => of,
            Err(ignored) => return Ok(Err(ignored)),
        };
        let told = self.told(&of).await?;
        Ok(told.map(|told| (of, told)))
    }

    /// Returns the status to publish for a head, from the current state.
    async fn told(&self, of: &Wanted) -> Result<Result<Told, Ignored>, HandlerError> {
        let item = &of.item;
        Ok(match (&item.verdict, &item.skipped) {
            _ if !item.policy.publish => Err(Ignored::Unpublished),
            (Some(_), _) if self.is_blocked(of).await? => Ok(Told::Block),
            (Some(_), _) => Ok(Told::Review),
            (None, Some(skipped)) => Ok(Told::Skipped(skipped.reason)),
            (None, None) => Ok(Told::UnderWay),
        })
    }
}

/// Combines two outcomes. Applied wins over repeated, and repeated wins over ignored.
fn both(one: Outcome, other: Outcome) -> Outcome {
    match (one, other) {
        (Outcome::Applied { emitted: one }, Outcome::Applied { emitted: other }) => {
            Outcome::Applied {
                emitted: one + other,
            }
        }
        (applied @ Outcome::Applied { .. }, _) | (_, applied @ Outcome::Applied { .. }) => applied,
        (repeated @ Outcome::Repeated { .. }, _) | (_, repeated @ Outcome::Repeated { .. }) => {
            repeated
        }
        (Outcome::Ignored { reason }, Outcome::Ignored { reason: other }) => Outcome::Ignored {
            reason: match reason == other {
                true => reason,
                false => format!("{reason}; {other}"),
            },
        },
    }
}

#[cfg(test)]
mod tests;
