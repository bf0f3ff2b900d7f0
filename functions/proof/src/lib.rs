//! The second look: asks the model for the line of the change that proves each of the
//! findings that a model alone has made.
//!
//! *Hears* `agent.pr.proof_check`.
//! *Reads* `review:{owner}/{repo}#{n}@{head}` (what is to be proven),
//! `pr:{owner}/{repo}#{n}` (is the head still the newest?), GitHub's diff.
//! *Writes* `proof:{owner}/{repo}#{n}@{head}`.
//! *Says* `agent.pr.proof_completed`.

mod decide;

use async_trait::async_trait;
use bus::{Handler, HandlerError};
use decide::{Reason, decide, wanted};
use event::{Event, Failure, Outcome, Timestamp};
use model_review::Prover;
use review::item::{ProofItem, PullRequestItem, ReviewItem};
use review::message::{ProofRequested, ReviewKey};
use review::{Change, ReviewError};
use specialist::{Deps, TIME_TO_ANSWER};
use std::time::Duration;

const NAME: &str = "proof";

/// For so long after it was asked the second look waits for a model that is paused or
/// away: what the specialists' own patience leaves of the time to the review's deadline,
/// about. The deadline waits for nobody; the review goes out and says so.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// The function.
pub struct Proof {
    /// What it is given: the same as a specialist.
    pub deps: Deps,
}

#[async_trait]
impl Handler for Proof {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn handle(&self, event: &Event) -> Result<Outcome, HandlerError> {
        let asked: ProofRequested = event.read()?;
        let key = ProofItem::key(&asked.review);
        let looked = match self.deps.state.peek::<ProofItem>(&key).await? {
            Some(done) => Ok(done),
            None => match self.wanted(&asked.review).await? {
                Ok(review) => Ok(self.look(&asked.review, &review, event.time).await?),
                Err(reason) => Err(reason),
            },
        };
        let decide = |seen: Option<&ProofItem>, now| decide(seen, &asked, &looked, now);
        let turn = self.deps.state.turn(&key, NAME, event, decide).await?;
        let (outcome, events) = turn.into_parts();
        self.deps.bus.emit(events).await?;
        Ok(outcome)
    }
}

impl Proof {
    async fn wanted(&self, review: &ReviewKey) -> Result<Result<ReviewItem, Reason>, HandlerError> {
        let state = &self.deps.state;
        let pull: Option<PullRequestItem> = state.peek(&PullRequestItem::key(&review.pr)).await?;
        let item: Option<ReviewItem> = state.peek(&ReviewItem::key(review)).await?;
        Ok(wanted(review, pull.as_ref(), item))
    }

    /// What comes of asking the model once. Where nothing does, that is what is told:
    /// no finding is lost by it, and none is proven.
    async fn look(
        &self,
        key: &ReviewKey,
        review: &ReviewItem,
        asked_at: Timestamp,
    ) -> Result<ProofItem, HandlerError> {
        let Deps {
            github,
            model,
            clock,
            entropy,
            ..
        } = &self.deps;
        let Some(model) = model else {
            return Ok(nothing("there is no model"));
        };
        let deadline = clock.now() + TIME_TO_ANSWER;
        let (pr, head_sha) = (&key.pr, &key.head_sha);
        let diff = review::change::read(&**github, pr, &review.base_sha, head_sha).await?;
        let prover = Prover {
            model: model.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
        };
        let change = Change {
            pr,
            head_sha,
            diff: &diff,
            since: None,
            policy: &review.policy,
            attributes: &review.attributes,
            deadline,
        };
        match prover.prove(&change, &review.to_prove).await {
            Err(error) if self.waits_for(&error, asked_at) => Err(error.into()),
            Err(ReviewError::Refused(why)) => Ok(nothing(&why)),
            Err(error) => Ok(nothing(&error.to_string())),
            Ok(proof) => Ok(proof),
        }
    }

    /// Whether it is better to be asked again than to go on without an answer.
    fn waits_for(&self, error: &ReviewError, asked_at: Timestamp) -> bool {
        let again = self.deps.clock.now() + error.retry_after().unwrap_or_default();
        error.is_retryable() && again < asked_at + PATIENCE
    }
}

fn nothing(why: &str) -> ProofItem {
    ProofItem {
        notes: vec![format!(
            "What the model found was not looked at a second time: {why}."
        )],
        ..ProofItem::default()
    }
}
