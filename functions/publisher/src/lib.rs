//! Publishes reviews, checks and summaries. It is the only function that writes to GitHub.
//!
//! *Subscribes to* `agent.pr.review_completed` and `agent.pr.block` (publish a review),
//! `agent.pr.review_begun` (set the check in progress), `agent.pr.review_dropped` (end the check),
//! `agent.pr.review_published` and `agent.pr.review_skipped` (publish the check and the summary,
//! and withdraw reviews that no longer hold), `github.check_suite.completed` and `github.status`
//! (publish a pending approval).
//! *Reads* `pr:{owner}/{repo}#{n}`, `review:{owner}/{repo}#{n}@{head}` (the policy and the
//! verdict), `check:{owner}/{repo}#{n}@{head}/security` (blocking findings that arrived late),
//! GitHub's pull request, diff, reviews, checks and comments.
//! *Writes* `publication:{owner}/{repo}#{n}` (reviews and summary of a pull request),
//! `publication:{owner}/{repo}@{head}` (check of a commit), and the objects on GitHub.
//! *Emits* `agent.pr.review_published`, or `agent.pr.review_recorded` if the policy disables
//! posting.
//!
//! An event only says which pull request to look at. [`desired`] computes from the state what
//! should be visible, [`difference`] compares it with what is published, and the publisher applies
//! the difference under a [`lease`]. A posted text carries a marker that is stored first, so that
//! after a crash or a lost response the next attempt finds the text and posts no second one.

mod adopt;
mod approval;
mod check;
mod deps;
mod desired;
mod difference;
mod head;
mod ignore_reason;
mod lease;
mod old_items;
mod pace;
mod published;
mod pull_request;
mod review;
mod status;
mod summary;
mod text;
mod visibility;
mod withdraw;

pub use deps::{Deps, GitHub};
pub use pace::WriteLimiter;

use ::review::item::PullRequestItem;
use ::review::message::{
    Block, ReviewBegun, ReviewCompleted, ReviewDropped, ReviewKey, ReviewPublished, ReviewSkipped,
};
use async_trait::async_trait;
use deps::NAME;
use events::{Event, Handler, HandlerError, Message, Outcome};
use github::{PrKey, Reference};
use head::load;
use ignore_reason::{IgnoreReason, NoVerdict, Stop};
use lease::LeasedItem;
use published::PublishedCheck;
use pull_request::{Request, Scope};
use status::Status;
use std::collections::BTreeSet;

/// Topic for a commit status ("Webhook events and payloads", `status`).
const STATUS_SET: &str = "github.status";

/// Topic for the end of all checks of one App on a commit ("Webhook events and payloads",
/// `check_suite`).
const CHECKS_COMPLETED: &str = "github.check_suite.completed";

pub struct Publisher {
    deps: Deps,
}

pub fn handler(deps: Deps) -> Publisher {
    Publisher { deps }
}

#[async_trait]
impl Handler for Publisher {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn handle(&self, event: &Event) -> Result<Outcome, HandlerError> {
        match event.topic.as_str() {
            ReviewCompleted::TOPIC => {
                let completed: ReviewCompleted = event.read()?;
                self.completed(event, &completed.review).await
            }
            Block::TOPIC => {
                let block: Block = event.read()?;
                self.blocked(event, &block.review).await
            }
            ReviewPublished::TOPIC => {
                let published: ReviewPublished = event.read()?;
                self.show(event, &published.review, Some(&published)).await
            }
            ReviewSkipped::TOPIC => {
                let skipped: ReviewSkipped = event.read()?;
                self.show(event, &skipped.review, None).await
            }
            ReviewBegun::TOPIC => {
                let begun: ReviewBegun = event.read()?;
                self.begun(event, &begun.review).await
            }
            ReviewDropped::TOPIC => {
                let dropped: ReviewDropped = event.read()?;
                self.dropped(event, &dropped).await
            }
            CHECKS_COMPLETED | STATUS_SET => self.checked(event, &event.data_as()?).await,
            unknown => Ok(IgnoreReason::UnknownTopic(unknown.to_owned()).outcome()),
        }
    }
}

impl Publisher {
    /// Posts the review of a verdict. The check comes first if a verdict without a review depends on
    /// it, and if the settings hide the review: no later event ends the check then.
    async fn completed(&self, event: &Event, review: &ReviewKey) -> Result<Outcome, HandlerError> {
        let head = load(&self.deps, review).await;
        if let Ok(head) = &head
            && (head.status().is_none() || head.prefers_check())
            && let Err(error) = check::publish(&self.deps, event, head).await
        {
            if error.is_retryable() {
                return Err(error);
            }
            tracing::info!(%review, %error, "GitHub refused the check");
        }
        let ignored = match head {
            Ok(head) if head.item.skipped.is_some() => Some(IgnoreReason::Skipped),
            Ok(head) if head.item.verdict.is_none() => Some(IgnoreReason::Replaced),
            Ok(_) => None,
            Err(Stop::Ignored(IgnoreReason::NotStored)) => {
                return Err(NoVerdict(review.clone()).into());
            }
            Err(Stop::Ignored(reason)) => Some(reason),
            Err(Stop::Failed(error)) => return Err(error),
        };
        self.publish(event, review, Scope::Reviews, ignored).await
    }

    /// Posts a review of blocking findings that the verdict does not contain.
    async fn blocked(&self, event: &Event, review: &ReviewKey) -> Result<Outcome, HandlerError> {
        let ignored = match load(&self.deps, review).await {
            Ok(head) if head.late.is_empty() => Some(IgnoreReason::InVerdict),
            Ok(_) => None,
            Err(Stop::Ignored(reason)) => Some(reason),
            Err(Stop::Failed(error)) => return Err(error),
        };
        self.publish(event, review, Scope::Reviews, ignored).await
    }

    async fn publish(
        &self,
        event: &Event,
        review: &ReviewKey,
        scope: Scope,
        ignored: Option<IgnoreReason>,
    ) -> Result<Outcome, HandlerError> {
        let request = Request {
            event,
            review,
            scope,
            announced: None,
        };
        pull_request::publish(&self.deps, &request, ignored).await
    }

    /// Sets the check, writes the summary, and withdraws reviews that no longer hold. A check that
    /// GitHub rejects permanently does not prevent the other steps.
    async fn show(
        &self,
        event: &Event,
        review: &ReviewKey,
        announced: Option<&ReviewPublished>,
    ) -> Result<Outcome, HandlerError> {
        let (check, ignored) = match load(&self.deps, review).await {
            Ok(head) => (check::publish(&self.deps, event, &head).await, None),
            Err(Stop::Ignored(reason)) => {
                let check = check::resume(&self.deps, event, review, &reason).await;
                (check, Some(reason))
            }
            Err(Stop::Failed(error)) => return Err(error),
        };
        if let Err(error) = &check
            && error.is_retryable()
        {
            return check;
        }
        let request = Request {
            event,
            review,
            scope: Scope::ReviewsAndSummary,
            announced,
        };
        let rest = pull_request::publish(&self.deps, &request, ignored).await?;
        Ok(combine(rest, check?))
    }

    /// Ends the check of a head that is no longer reviewed. The event may be late: a force push can
    /// make the head the newest one again.
    async fn dropped(
        &self,
        event: &Event,
        dropped: &ReviewDropped,
    ) -> Result<Outcome, HandlerError> {
        let review = &dropped.review;
        let pull: Option<PullRequestItem> = self
            .deps
            .state
            .peek(&PullRequestItem::key(&review.pr))
            .await?;
        match pull.map(|pull| pull.wants(&review.head_sha)) {
            None => check::cancel(&self.deps, event, review, &dropped.why).await,
            Some(Err(why)) => check::cancel(&self.deps, event, review, &why).await,
            Some(Ok(())) => {
                check::resume(&self.deps, event, review, &IgnoreReason::NewestAgain).await
            }
        }
    }

    /// Sets the check in progress. A check of a skipped head must not allow a merge while the head
    /// is under review.
    async fn begun(&self, event: &Event, review: &ReviewKey) -> Result<Outcome, HandlerError> {
        let reason = match load(&self.deps, review).await {
            Ok(head) if head.status() == Some(Status::UnderWay) => {
                return check::publish(&self.deps, event, &head).await;
            }
            Ok(head) if head.status().is_none() => IgnoreReason::Unpublished,
            Ok(_) => IgnoreReason::NoCheck,
            Err(Stop::Ignored(reason)) => reason,
            Err(Stop::Failed(error)) => return Err(error),
        };
        check::resume(&self.deps, event, review, &reason).await
    }

    /// Approves the pull requests that waited for these checks.
    async fn checked(&self, event: &Event, checks: &Reference) -> Result<Outcome, HandlerError> {
        let mut all = None;
        let (Some(repo), Some(head_sha)) = (&checks.repo, &checks.head_sha) else {
            return Ok(IgnoreReason::NoPullRequest.outcome());
        };
        if checks
            .state
            .as_ref()
            .is_some_and(|state| state != "success")
        {
            return Ok(IgnoreReason::NotGreen.outcome());
        }
        // A commit status names no pull request, and a check suite none of a fork.
        let key = PublishedCheck::key(repo, head_sha);
        let stored: Option<LeasedItem<PublishedCheck>> = self.deps.state.peek(&key).await?;
        let stored = stored
            .iter()
            .flat_map(|stored| stored.value.pull_requests.keys());
        let numbers: BTreeSet<_> = checks.pull_requests.iter().chain(stored).collect();
        for number in numbers {
            let pr = PrKey {
                repo: repo.clone(),
                number: *number,
            };
            let head_sha = head_sha.clone();
            let one = self.approve(event, &ReviewKey { pr, head_sha }).await?;
            all = Some(match all {
                Some(all) => combine(all, one),
                None => one,
            });
        }
        Ok(all.unwrap_or_else(|| IgnoreReason::NoPullRequest.outcome()))
    }

    async fn approve(&self, event: &Event, review: &ReviewKey) -> Result<Outcome, HandlerError> {
        let ignored = match load(&self.deps, review).await {
            Ok(_) => None,
            Err(Stop::Ignored(reason)) => Some(reason),
            Err(Stop::Failed(error)) => return Err(error),
        };
        self.publish(event, review, Scope::PendingApproval, ignored)
            .await
    }
}

/// Combines two outcomes. Applied wins over repeated, and repeated wins over ignored.
fn combine(one: Outcome, other: Outcome) -> Outcome {
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
