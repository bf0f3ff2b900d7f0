//! Stores the state of pull requests, and requests a review of every new head. The `coordinator`
//! decides whether the review takes place.
//!
//! *Subscribes to* `github.pr.{opened,reopened,synchronize,ready_for_review,
//! converted_to_draft,labeled,unlabeled,edited,closed}`, `agent.pr.review_published`.
//! *Reads* nothing else.
//! *Writes* `pr:{owner}/{repo}#{n}`: its state, and the head of its newest published review.
//! *Emits* `agent.pr.review_requested` for a new head or a new base branch, and for a head without
//! a review if its draft state or labels changed; `agent.pr.review_dropped` for a head without a
//! review that is no longer wanted.

mod decide;

use async_trait::async_trait;
use events::{Emit, Event, Handler, HandlerError, Message, Outcome};
use github::PullRequestChanged;
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
}

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
            let decide = |seen: Option<&_>, _| decide::changed(seen, &change, event.time);
            self.deps.state.turn(&key, NAME, event, decide).await?
        };
        let (outcome, events) = turn.into_parts();
        self.deps.bus.emit(events).await?;
        Ok(outcome)
    }
}
