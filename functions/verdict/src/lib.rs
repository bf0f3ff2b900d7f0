//! Joins the reports of the specialists into one verdict: when all have answered, or at the
//! deadline with the reports so far. Findings of a model alone get a second look first.
//!
//! *Subscribes to* `agent.pr.check_completed`, `agent.pr.second_look_completed`, and
//! `agent.pr.review_begun` after a delay (the deadline).
//! *Reads* `check:{owner}/{repo}#{n}@{head}/*` (the reports), `second-look:{owner}/{repo}#{n}@{head}`
//! (the second look), `review:{owner}/{repo}#{n}@{previous head}` (the verdict of the earlier
//! review), `pr:{owner}/{repo}#{n}` (to compare the head with the newest head).
//! *Writes* `review:{owner}/{repo}#{n}@{head}`.
//! *Emits* `agent.pr.second_look_requested` if findings need a second look, and `agent.pr.review_completed`,
//! each once; `agent.pr.block` for blocking findings that are too late for the verdict.

mod decide;
mod handled_event;
mod score;

use async_trait::async_trait;
use decide::{EarlierReview, StoredContext};
use events::{Emit, Event, Handler, HandlerError, Outcome};
use handled_event::HandledEvent;
use review::Category;
use review::item::{CheckItem, PullRequestItem, ReviewItem, SecondLookItem};
use review::message::ReviewKey;
use state::StateManager;
use std::collections::BTreeMap;
use std::sync::Arc;

const NAME: &str = "verdict";

/// Dependencies of the handler.
pub struct Deps {
    /// State of the review.
    pub state: StateManager,
    /// Bus for the verdict.
    pub bus: Arc<dyn Emit>,
}

pub struct Verdict {
    deps: Deps,
}

pub fn handler(deps: Deps) -> Verdict {
    Verdict { deps }
}

#[async_trait]
impl Handler for Verdict {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn handle(&self, event: &Event) -> Result<Outcome, HandlerError> {
        let heard = HandledEvent::of(event)?;
        let review = heard.review();
        let key = PullRequestItem::key(&review.pr);
        let pull: Option<PullRequestItem> = self.deps.state.peek(&key).await?;
        let known = StoredContext {
            reports: self.reports(review).await?,
            earlier: self.earlier(review, pull.as_ref()).await?,
            pull,
            second_look: self.deps.state.peek(&SecondLookItem::key(review)).await?,
        };
        let key = ReviewItem::key(review);
        let decide = |seen: Option<&ReviewItem>, now| decide::decide(seen, &heard, &known, now);
        let turn = self.deps.state.turn(&key, NAME, event, decide).await?;
        let (outcome, events) = turn.into_parts();
        self.deps.bus.emit(events).await?;
        Ok(outcome)
    }
}

impl Verdict {
    /// Returns all stored reports, also those whose event has not arrived.
    async fn reports(
        &self,
        review: &ReviewKey,
    ) -> Result<BTreeMap<Category, CheckItem>, HandlerError> {
        let mut reports = BTreeMap::new();
        for category in Category::ALL {
            let key = CheckItem::key(review, category);
            if let Some(item) = self.deps.state.peek(&key).await? {
                reports.insert(category, item);
            }
        }
        Ok(reports)
    }

    /// Returns the verdict of the head whose review was published when this one began.
    async fn earlier(
        &self,
        review: &ReviewKey,
        pull: Option<&PullRequestItem>,
    ) -> Result<Option<EarlierReview>, HandlerError> {
        let item: Option<ReviewItem> = self.deps.state.peek(&ReviewItem::key(review)).await?;
        let Some(head_sha) = item.and_then(|item| item.previous) else {
            return Ok(None);
        };
        let before = ReviewKey {
            pr: review.pr.clone(),
            head_sha: head_sha.clone(),
        };
        let item: Option<ReviewItem> = self.deps.state.peek(&ReviewItem::key(&before)).await?;
        let verdict = item.and_then(|item| item.verdict);
        Ok(verdict.map(|mut verdict| {
            verdict.end_revocations(pull);
            EarlierReview { head_sha, verdict }
        }))
    }
}
