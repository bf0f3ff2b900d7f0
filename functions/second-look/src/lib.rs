//! The second look: asks the model for the line of the change that proves each finding of a model
//! alone.
//!
//! *Subscribes to* `agent.pr.second_look_requested`.
//! *Reads* `review:{owner}/{repo}#{n}@{head}` (the findings to prove), `pr:{owner}/{repo}#{n}` (to
//! compare the head with the newest head), GitHub's diff.
//! *Writes* `second-look:{owner}/{repo}#{n}@{head}`.
//! *Emits* `agent.pr.second_look_completed`.

mod decide;

use async_trait::async_trait;
use decide::{Reason, decide, wanted};
use events::{Event, Handler, HandlerError, Outcome, Timestamp};
use model_review::SecondReviewer;
use review::change::ReadError;
use review::frame::{SECOND_LOOK, TIME_TO_ANSWER};
use review::item::{PullRequestItem, ReviewItem, SecondLookItem};
use review::message::{ReviewKey, SecondLookRequested};
use review::{Change, ReviewError};
use std::time::Duration;

pub use specialist::{Deps, GitHub};

const NAME: &str = "second-look";

pub struct SecondLook {
    deps: Deps,
}

pub fn handler(deps: Deps) -> SecondLook {
    SecondLook { deps }
}

#[async_trait]
impl Handler for SecondLook {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn handle(&self, event: &Event) -> Result<Outcome, HandlerError> {
        let asked: SecondLookRequested = event.read()?;
        let key = SecondLookItem::key(&asked.review);
        let kept: Option<SecondLookItem> = self.deps.state.peek(&key).await?;
        let looked = match self.wanted(&asked.review).await? {
            Err(reason) => Err(reason),
            Ok(review) => match kept.filter(|kept| kept.is_against(&review.base_sha)) {
                Some(done) => Ok(done),
                None => Ok(SecondLookItem {
                    base_sha: Some(review.base_sha.clone()),
                    ..self.look(&asked.review, &review, event.time).await?
                }),
            },
        };
        let decide = |seen: Option<&SecondLookItem>, now| decide(seen, &asked, &looked, now);
        let turn = self.deps.state.turn(&key, NAME, event, decide).await?;
        let (outcome, events) = turn.into_parts();
        self.deps.bus.emit(events).await?;
        Ok(outcome)
    }
}

impl SecondLook {
    async fn wanted(&self, review: &ReviewKey) -> Result<Result<ReviewItem, Reason>, HandlerError> {
        let state = &self.deps.state;
        let pull: Option<PullRequestItem> = state.peek(&PullRequestItem::key(&review.pr)).await?;
        let item: Option<ReviewItem> = state.peek(&ReviewItem::key(review)).await?;
        Ok(wanted(review, pull.as_ref(), item.as_ref()))
    }

    /// Asks the model once. Returns a result without proofs, with the reason, if there is no usable
    /// answer: no finding is lost by that.
    async fn look(
        &self,
        key: &ReviewKey,
        review: &ReviewItem,
        asked_at: Timestamp,
    ) -> Result<SecondLookItem, HandlerError> {
        let Deps {
            github,
            model,
            clock,
            entropy,
            ..
        } = &self.deps;
        let Some(model) = model else {
            return Ok(nothing("no model is configured"));
        };
        let deadline = clock.now() + TIME_TO_ANSWER;
        let begun = review.begun.as_ref().map_or(asked_at, |begun| begun.at);
        let until = begun + SECOND_LOOK;
        let (pr, head_sha) = (&key.pr, &key.head_sha);
        let age = Duration::try_from(clock.now().duration_since(asked_at)).unwrap_or_default();
        let base_sha = &review.base_sha;
        let diff = match review::change::read_for(&**github, pr, base_sha, head_sha, age).await {
            Ok(diff) => diff,
            Err(error @ ReadError::Refused(_)) => return Ok(nothing(&error.to_string())),
            Err(error @ (ReadError::Failed(_) | ReadError::NotYet(_))) => return Err(error.into()),
        };
        let reviewer = SecondReviewer {
            model: model.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
        };
        let change = Change {
            pr,
            head_sha,
            diff: &diff,
            touched: None,
            policy: &review.policy,
            attributes: &review.attributes,
            languages: &review.languages,
            deadline,
        };
        match reviewer.review(&change, &review.to_prove).await {
            Err(error) if error.is_over_before(until, clock.now()) => Err(error.into()),
            Err(ReviewError::Refused { why, usage }) => Ok(SecondLookItem {
                usage,
                ..nothing(&why)
            }),
            Err(error) => Ok(nothing(&error.to_string())),
            Ok(item) => Ok(item),
        }
    }
}

fn nothing(why: &str) -> SecondLookItem {
    SecondLookItem {
        notes: vec![format!("The model's findings had no second look: {why}.")],
        ..SecondLookItem::default()
    }
}
