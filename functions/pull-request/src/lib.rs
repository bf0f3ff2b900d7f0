//! Keeps the pull request's state, and asks for a review of every new head.
//!
//! *Hears* `github.pr.{opened,reopened,synchronize,ready_for_review,
//! converted_to_draft,labeled,unlabeled,closed}`.
//! *Reads* nothing else.
//! *Writes* `pr:{owner}/{repo}#{n}`.
//! *Says* `agent.pr.review_requested`, or `agent.pr.review_skipped` with the
//! reason.

mod decide;

use async_trait::async_trait;
use bus::{Emit, Handler, HandlerError};
use event::{Event, Outcome};
use github::PullRequestChanged;
use review::item::PullRequestItem;
use state::StateManager;
use std::sync::Arc;

const NAME: &str = "pull-request";

/// The function.
pub struct PullRequest {
    /// Where the pull request's state is kept.
    pub state: StateManager,
    /// Where reviews are asked for.
    pub bus: Arc<dyn Emit>,
}

#[async_trait]
impl Handler for PullRequest {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn handle(&self, event: &Event) -> Result<Outcome, HandlerError> {
        let change: PullRequestChanged = event.data_as()?;
        let key = PullRequestItem::key(&change.pr);
        let decide = |seen: Option<&PullRequestItem>, _| decide::decide(seen, &change, event.time);
        let turn = self.state.turn(&key, NAME, event, decide).await?;
        let (outcome, events) = turn.into_parts();
        self.bus.emit(events).await?;
        Ok(outcome)
    }
}
