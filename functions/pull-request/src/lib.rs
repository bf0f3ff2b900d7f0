//! Stores the state of pull requests, and requests a review of every new head. The `coordinator`
//! decides whether the review takes place.
//!
//! *Subscribes to* `github.pr.{opened,reopened,synchronize,ready_for_review,
//! converted_to_draft,labeled,unlabeled,edited,closed}`, `agent.pr.review_published`.
//! *Reads* GitHub's pull request, if two changes have the same time.
//! *Writes* `pr:{owner}/{repo}#{n}`: its state, and the head of its newest published review.
//! *Emits* `agent.pr.review_requested` for a new head or a new base branch, and for a head without
//! a review if its draft state or labels changed; `agent.pr.review_dropped` for a head without a
//! review that is no longer wanted.

mod decide;

use async_trait::async_trait;
use events::{Emit, Event, Failure, Handler, HandlerError, Message, Outcome, Timestamp};
use github::PullRequestChanged;
use github::port::{self, ReadPullRequest};
use review::item::PullRequestItem;
use review::message::ReviewPublished;
use state::StateManager;
use std::sync::Arc;

const NAME: &str = "pull-request";

/// Dependencies of the handler.
pub struct Deps {
    /// State of the pull request.
    pub state: StateManager,
    /// Bus for the review requests.
    pub bus: Arc<dyn Emit>,
    /// GitHub, for the order of changes.
    pub github: Arc<dyn GitHub>,
}

/// Parts of GitHub that the function uses.
pub trait GitHub: ReadPullRequest {}

impl<T: ReadPullRequest> GitHub for T {}

pub struct PullRequest {
    deps: Deps,
}

pub fn handler(deps: Deps) -> PullRequest {
    PullRequest { deps }
}

#[async_trait]
impl Handler for PullRequest {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn handle(&self, event: &Event) -> Result<Outcome, HandlerError> {
        let turn = if event.topic.as_str() == ReviewPublished::TOPIC {
            let published: ReviewPublished = event.read()?;
            let key = PullRequestItem::key(&published.review.pr);
            let decide = |seen: Option<&_>, _| decide::published(seen, &published, event.time);
            self.deps.state.turn(&key, NAME, event, decide).await?
        } else {
            let change: PullRequestChanged = event.data_as()?;
            let key = PullRequestItem::key(&change.pr);
            let current = self.current(&change, event.time).await?;
            let decide =
                |seen: Option<&_>, _| decide::changed(seen, &change, event.time, current.as_ref());
            self.deps.state.turn(&key, NAME, event, decide).await?
        };
        let (outcome, events) = turn.into_parts();
        self.deps.bus.emit(events).await?;
        Ok(outcome)
    }
}

impl PullRequest {
    /// Returns GitHub's pull request if the delivery does not tell whether its change is newer than
    /// the stored one.
    async fn current(
        &self,
        change: &PullRequestChanged,
        delivered_at: Timestamp,
    ) -> Result<Option<port::PullRequest>, HandlerError> {
        let key = PullRequestItem::key(&change.pr);
        let seen: Option<PullRequestItem> = self.deps.state.peek(&key).await?;
        if !seen.is_some_and(|seen| decide::is_tie(&seen, change, delivered_at)) {
            return Ok(None);
        }
        match self.deps.github.pull_request(&change.pr).await {
            Err(error) if !error.is_retryable() => {
                tracing::info!(pr = %change.pr, %error, "GitHub refused the pull request; changes of one second are taken in the order of arrival");
                Ok(None)
            }
            answer => Ok(Some(answer?)),
        }
    }
}
