//! The only hand that writes to GitHub.
//!
//! *Hears* `agent.pr.review_completed`, `agent.pr.block`.
//! *Reads* `pr:{owner}/{repo}#{n}` and GitHub's pull request (is the head still the
//! newest?), `review:{owner}/{repo}#{n}@{head}` (the verdict), GitHub's diff and
//! reviews.
//! *Writes* `publication:{owner}/{repo}#{n}@{head}/{kind}`, and one review on
//! GitHub.
//! *Says* `agent.pr.review_published`.
//!
//! A review is posted once for a pull request, a head and a kind: the publication
//! is claimed under a lease, what is posted carries a marker that is kept with the
//! claim, and GitHub is searched for it before anything is posted. So a crash
//! between any two steps, or an answer that got lost, leads to one review, and a
//! failed attempt does not count as published.

mod post;
mod publication;
mod text;

use async_trait::async_trait;
use bus::{Emit, Handler, HandlerError};
use event::{Event, Message, Outcome};
use github::port::{PublishReview, ReadChange, ReadPullRequest};
use ports::{Clock, Entropy};
use post::Ignored;
use publication::{Claim, Publication};
use review::message::{ReviewPublished, ReviewSkipped};
use state::StateManager;
use std::sync::Arc;

const NAME: &str = "publisher";

/// The function.
pub struct Publisher {
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

/// The parts of GitHub that the publisher is given.
pub trait GitHub: ReadPullRequest + ReadChange + PublishReview {}

impl<T: ReadPullRequest + ReadChange + PublishReview> GitHub for T {}

#[async_trait]
impl Handler for Publisher {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn handle(&self, event: &Event) -> Result<Outcome, HandlerError> {
        if [ReviewSkipped::TOPIC, ReviewPublished::TOPIC].contains(&event.topic.as_str()) {
            return Ok(Ignored::ToldNowhere.outcome());
        }
        let wanted = match self.wanted(event).await? {
            Ok(wanted) => wanted,
            Err(ignored) => return Ok(ignored.outcome()),
        };
        let key = wanted.key();
        let posted = match self.claim(&key).await? {
            Claim::Won(claim) => match self.post(&wanted, &claim).await? {
                Ok(posted) => Some(posted),
                Err(stale) => return Ok(Ignored::Stale(stale).outcome()),
            },
            Claim::Published => None,
        };
        let settle = |seen: Option<&Publication>, now| match &posted {
            Some(posted) => publication::settle(seen, posted, &wanted.review, now),
            None => state::Decision::Ignore(Ignored::Already),
        };
        let turn = self.state.turn(&key, NAME, event, settle).await?;
        let (outcome, events) = turn.into_parts();
        self.bus.emit(events).await?;
        Ok(outcome)
    }
}
