//! The only hand that writes to GitHub.
//!
//! *Hears* `agent.pr.review_completed` and `agent.pr.block` (a review is due),
//! `agent.pr.review_begun` (a check is in progress), `agent.pr.review_dropped` (it ends),
//! `agent.pr.review_published` and `agent.pr.review_skipped` (a check and a summary are
//! due), `github.check_suite.completed` (an approval may be).
//! *Reads* `pr:{owner}/{repo}#{n}` and GitHub's pull request (is the head still the
//! newest?), `review:{owner}/{repo}#{n}@{head}` (the policy and the verdict),
//! `check:{owner}/{repo}#{n}@{head}/security` (what blocks and came late), GitHub's diff,
//! reviews, checks and comments.
//! *Writes* `publication:{owner}/{repo}#{n}@{head}/{verdict,block,doubt,approval}`,
//! `publication:{owner}/{repo}@{head}/check`, `publication:{owner}/{repo}#{n}/summary`,
//! and on GitHub one of each. What older reviews voted it takes back.
//! *Says* `agent.pr.review_published`, or `agent.pr.review_recorded` where nothing is to
//! be posted.
//!
//! A review is posted once for a pull request, a head and a kind, a commit's check and a
//! pull request's summary are kept up to date: each publication is claimed under a lease,
//! what is posted carries a marker that is kept with the claim, and GitHub is searched for
//! it before anything is posted.
//! So a crash between any two steps, or an answer that got lost, leads to one of each, and
//! a failed attempt does not count as published.

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

/// All checks of one App on a commit have ended ("Webhook events and payloads",
/// `check_suite`).
const CHECKS_COMPLETED: &str = "github.check_suite.completed";

/// Dependencies of the handler.
pub struct Deps {
    /// Where publications are claimed.
    pub state: StateManager,
    /// Where it is said that a review stands.
    pub bus: Arc<dyn Emit>,
    /// What it may do on GitHub.
    pub github: Arc<dyn GitHub>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where lease holders and markers are drawn from.
    pub entropy: Arc<dyn Entropy>,
}

/// Handler of the function.
pub struct Publisher {
    deps: Deps,
}

/// Creates the handler.
pub fn handler(deps: Deps) -> Publisher {
    Publisher { deps }
}

/// The parts of GitHub that the publisher is given.
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
    /// Sets the check, writes the summary, and takes back what older reviews voted; of a
    /// head that is given up by now, it ends the check. Each has a claim of its own, or
    /// is seen on GitHub, so a redelivery goes on where this one stopped. A check that can
    /// never be set keeps nobody from the rest.
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
            // Another head's publisher dismissed its vote before this head was the newest again.
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

    /// Sets the check in progress: one that says that the head is left alone must let
    /// nobody merge what is looked at now.
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

    /// Ends the check of a head that is given up. Where nobody has ever claimed one, none
    /// comes any more: who claims it looks at the pull request afterwards.
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

    /// What is kept of `review`, and what there is to tell of it.
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

    /// What there is to tell of a head, as it stands in state now.
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

/// What came of one thing and another: what was done counts more than what was not.
fn both(one: Outcome, other: Outcome) -> Outcome {
    match (one, other) {
        (Outcome::Applied { said: one }, Outcome::Applied { said: other }) => {
            Outcome::Applied { said: one + other }
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
