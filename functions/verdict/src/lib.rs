//! Joins what the specialists said into one verdict: when all have answered, or
//! at the deadline with what is there. What a model alone has found is first looked at
//! a second time.
//!
//! *Hears* `agent.pr.check_completed`, `agent.pr.proof_completed`, and
//! `agent.pr.review_begun` after a delay: the deadline.
//! *Reads* `check:{owner}/{repo}#{n}@{head}/*` (the reports),
//! `proof:{owner}/{repo}#{n}@{head}` (the second look),
//! `review:{owner}/{repo}#{n}@{previous head}` (what an earlier review told),
//! `pr:{owner}/{repo}#{n}` (is the head still the newest?).
//! *Writes* `review:{owner}/{repo}#{n}@{head}`.
//! *Says* `agent.pr.proof_check` where something is to be proven, and
//! `agent.pr.review_completed`, each once; `agent.pr.block` of what must not be merged and
//! came too late for the verdict.

mod decide;
mod heard;
mod score;

use async_trait::async_trait;
use decide::{Earlier, Known};
use events::{Emit, Event, Handler, HandlerError, Outcome};
use heard::Heard;
use review::Category;
use review::item::{CheckItem, ProofItem, PullRequestItem, ReviewItem};
use review::message::ReviewKey;
use state::StateManager;
use std::collections::BTreeMap;
use std::sync::Arc;

const NAME: &str = "verdict";

/// Dependencies of the handler.
pub struct Deps {
    /// Where the review's state is kept.
    pub state: StateManager,
    /// Where the verdict is told.
    pub bus: Arc<dyn Emit>,
}

/// Handler of the function.
pub struct Verdict {
    deps: Deps,
}

/// Creates the handler.
pub fn handler(deps: Deps) -> Verdict {
    Verdict { deps }
}

#[async_trait]
impl Handler for Verdict {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn handle(&self, event: &Event) -> Result<Outcome, HandlerError> {
        let heard = Heard::of(event)?;
        let review = heard.review();
        let known = Known {
            pull: self
                .deps
                .state
                .peek(&PullRequestItem::key(&review.pr))
                .await?,
            reports: self.reports(review).await?,
            earlier: self.earlier(review).await?,
            proof: self.deps.state.peek(&ProofItem::key(review)).await?,
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
    /// Every report that is there, whether or not its event has come yet.
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

    /// The verdict of the head whose review stood on GitHub when this one began.
    async fn earlier(&self, review: &ReviewKey) -> Result<Option<Earlier>, HandlerError> {
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
        Ok(verdict.map(|verdict| Earlier { head_sha, verdict }))
    }
}
