//! Joins what the specialists said into one verdict: when all have answered, or
//! at the deadline with what is there.
//!
//! *Hears* `agent.pr.check_completed`, and `agent.pr.review_requested` after a
//! delay: the deadline.
//! *Reads* `check:{owner}/{repo}#{n}@{head}/*` (the reports),
//! `pr:{owner}/{repo}#{n}` (is the head still the newest?).
//! *Writes* `review:{owner}/{repo}#{n}@{head}`.
//! *Says* `agent.pr.review_completed`, once.

mod decide;
mod score;

use async_trait::async_trait;
use bus::{Emit, Handler, HandlerError};
use decide::{Heard, Reason};
use event::{Event, Failure, Message, Outcome};
use review::Category;
use review::item::{CheckItem, CheckReport, PullRequestItem, ReviewItem};
use review::message::{CheckCompleted, ReviewKey, ReviewRequested};
use state::{StateManager, Turn};
use std::collections::BTreeMap;
use std::sync::Arc;

const NAME: &str = "verdict";

/// The function.
pub struct Verdict {
    /// Where the review's state is kept.
    pub state: StateManager,
    /// Where the verdict is told.
    pub bus: Arc<dyn Emit>,
}

/// The coordinator has not got to it yet, so nobody knows what is wanted of it: its
/// deadline waits.
#[derive(Debug, thiserror::Error)]
#[error("the review of {0} has not been opened by its deadline")]
struct NotOpened(ReviewKey);

impl Failure for NotOpened {
    fn is_retryable(&self) -> bool {
        true
    }
}

#[async_trait]
impl Handler for Verdict {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn handle(&self, event: &Event) -> Result<Outcome, HandlerError> {
        let heard = hear(event)?;
        let review = heard.review();
        let pull: Option<PullRequestItem> =
            self.state.peek(&PullRequestItem::key(&review.pr)).await?;
        let reports = self.reports(review).await?;
        let key = ReviewItem::key(review);
        let decide = |seen: Option<&ReviewItem>, now| {
            decide::decide(seen, &heard, pull.as_ref(), &reports, now)
        };
        let turn = self.state.turn(&key, NAME, event, decide).await?;
        if let (Turn::Ignored(Reason::NotOpened), Heard::Deadline(asked)) = (&turn, &heard) {
            return Err(NotOpened(asked.review.clone()).into());
        }
        let (outcome, events) = turn.into_parts();
        self.bus.emit(events).await?;
        Ok(outcome)
    }
}

impl Verdict {
    /// Every report that is there, whether or not its event has come yet.
    async fn reports(
        &self,
        review: &ReviewKey,
    ) -> Result<BTreeMap<Category, CheckReport>, HandlerError> {
        let mut reports = BTreeMap::new();
        for category in Category::ALL {
            let key = CheckItem::key(review, category);
            if let Some(item) = self.state.peek::<CheckItem>(&key).await? {
                reports.insert(category, item.report);
            }
        }
        Ok(reports)
    }
}

fn hear(event: &Event) -> Result<Heard, HandlerError> {
    if event.topic.as_str() == ReviewRequested::TOPIC {
        Ok(Heard::Deadline(event.read()?))
    } else {
        Ok(Heard::Completed(event.read::<CheckCompleted>()?))
    }
}
