//! Keeps the pull request's state, and asks for a review of every new head. Whether
//! there is one, the `coordinator` says.
//!
//! *Hears* `github.pr.{opened,reopened,synchronize,ready_for_review,
//! converted_to_draft,labeled,unlabeled,edited,closed}`, `agent.pr.review_published`.
//! *Reads* nothing else.
//! *Writes* `pr:{owner}/{repo}#{n}`: what is known of it, and which head's review
//! stands on GitHub.
//! *Says* `agent.pr.review_requested` of a head that is new or goes into another base
//! branch, and of one that has no review yet when drafts or labels, which may decide about
//! it, have changed; `agent.pr.review_dropped` of one that nobody wants a review of any
//! more, and that has none.

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
    /// Where the pull request's state is kept.
    pub state: StateManager,
    /// Where reviews are asked for.
    pub bus: Arc<dyn Emit>,
}

/// Handler of the function.
pub struct PullRequest {
    deps: Deps,
}

/// Creates the handler.
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
