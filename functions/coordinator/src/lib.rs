//! Decides by the settings of the base branch whether a head is reviewed, and asks the specialists.
//!
//! *Subscribes to* `agent.pr.review_requested`.
//! *Reads* `pr:{owner}/{repo}#{n}`; on GitHub, `.github/review-bot.toml` and `.gitattributes` of
//! the base branch, `review-bot.toml` of the owner's repository `.github`, the repository's
//! languages, and, for approvals, `.github/review-bot.toml` of the default branch.
//! *Writes* `review:{owner}/{repo}#{n}@{head}`: the settings and specialists of the review, or the
//! reason of a skip.
//! *Emits* `agent.pr.review_begun` and `agent.pr.security_check`, `agent.pr.style_check`,
//! `agent.pr.logic_check`; or `agent.pr.review_skipped`; or `agent.pr.review_completed` again, if
//! the review has its verdict.

mod decide;
mod deployment;
mod settings;

use async_trait::async_trait;
use config::{ConfigError, Environment};
use decide::{IgnoreReason, RequestContext};
pub use deployment::Deployment;
use events::{Emit, Event, Failure, Handler, HandlerError, Outcome};
use github::port::{ReadFile, ReadLanguages};
use policy::{Layer, Policy, Source};
use review::item::{PullRequestItem, ReviewItem};
use review::message::{ReviewKey, ReviewRequested};
pub use settings::InvalidSettings;
use state::StateManager;
use std::sync::Arc;

const NAME: &str = "coordinator";

/// Dependencies of the handler.
pub struct Deps {
    /// State of the review.
    pub state: StateManager,
    /// Bus to the specialists.
    pub bus: Arc<dyn Emit>,
    /// GitHub, for settings and the repository's languages.
    pub github: Arc<dyn GitHub>,
    /// Settings of the deployment, from [`deployment`] or [`Deployment`].
    pub policy: Policy,
}

pub struct Coordinator {
    deps: Deps,
    invalid: Option<InvalidSettings>,
}

pub fn handler(deps: Deps) -> Coordinator {
    let invalid = None;
    Coordinator { deps, invalid }
}

impl Coordinator {
    /// Skips every pull request if the settings of the deployment are `invalid`.
    #[must_use]
    pub fn unless(self, invalid: Option<InvalidSettings>) -> Self {
        Self { invalid, ..self }
    }
}

/// Parts of GitHub that the coordinator uses.
pub trait GitHub: ReadFile + ReadLanguages {}

impl<T: ReadFile + ReadLanguages> GitHub for T {}

/// Error: a review was requested for a pull request that is missing in the state, so the state was
/// lost.
#[derive(Debug, thiserror::Error)]
#[error("the pull request of {0} is missing in the state, although its review was requested")]
struct NoPullRequest(ReviewKey);

impl Failure for NoPullRequest {
    fn is_retryable(&self) -> bool {
        false
    }
}

#[async_trait]
impl Handler for Coordinator {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn handle(&self, event: &Event) -> Result<Outcome, HandlerError> {
        let asked: ReviewRequested = event.read()?;
        let ReviewKey { pr, head_sha } = &asked.review;
        let mut pull = self.pull_request(&asked.review).await?;
        // The pull request may change while the settings are read.
        let settings = loop {
            if let Err(stale) = pull.wants(head_sha) {
                let reason = IgnoreReason::Stale(stale).to_string();
                return Ok(Outcome::Ignored { reason });
            }
            let settings = match self.settings(pr, &pull.base).await {
                Ok(settings) => settings,
                Err(error) if error.is_retryable() => return Err(error.into()),
                Err(error) => self.unreadable(&error),
            };
            let now = self.pull_request(&asked.review).await?;
            if now == pull {
                break settings;
            }
            pull = now;
        };
        let known = RequestContext {
            asked: &asked,
            request: &event.id,
            pull: &pull,
            settings: &settings,
        };
        let key = ReviewItem::key(&asked.review);
        let decide = |seen: Option<&_>, now| decide::decide(seen, &known, now);
        let turn = self.deps.state.turn(&key, NAME, event, decide).await?;
        let (outcome, events) = turn.into_parts();
        self.deps.bus.emit(events).await?;
        Ok(outcome)
    }
}

impl Coordinator {
    /// Returns the stored pull request.
    async fn pull_request(&self, review: &ReviewKey) -> Result<PullRequestItem, HandlerError> {
        let key = PullRequestItem::key(&review.pr);
        let pull = self.deps.state.peek(&key).await?;
        pull.ok_or_else(|| NoPullRequest(review.clone()).into())
    }
}

/// Returns the policy of `REVIEW_POLICY` over the built-in settings.
///
/// # Errors
/// [`ConfigError`] names the variable, and each mistake with its line.
pub fn deployment(environment: &Environment) -> Result<Policy, ConfigError> {
    let source = Source::Deployment;
    let text = environment.review_policy().unwrap_or_default();
    let layer = Layer::parse(text, source).map_err(|error| {
        let problems: Vec<_> = error.problems.iter().map(ToString::to_string).collect();
        ConfigError::new(source.place(), problems.join(" "))
    })?;
    Ok(Policy::default().over(layer))
}

#[cfg(test)]
mod tests;
