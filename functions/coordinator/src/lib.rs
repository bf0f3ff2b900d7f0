//! Decides whether a head is reviewed, by what its base branch wants, and asks the
//! specialists.
//!
//! *Hears* `agent.pr.review_requested`.
//! *Reads* `pr:{owner}/{repo}#{n}`; on GitHub, `.github/review-bot.toml` and
//! `.gitattributes` of the base branch, `review-bot.toml` of the owner's repository
//! `.github`, the repository's languages, and, about approving, `.github/review-bot.toml`
//! of the default branch.
//! *Writes* `review:{owner}/{repo}#{n}@{head}`: what is wanted of it and who is asked,
//! or why it is left alone.
//! *Says* `agent.pr.review_begun` and `agent.pr.security_check`, `agent.pr.style_check`,
//! `agent.pr.logic_check`; or `agent.pr.review_skipped`; or `agent.pr.review_completed`
//! again, when that is what a review that is asked for once more has.

mod decide;
mod deployment;
mod settings;

use async_trait::async_trait;
use config::{ConfigError, Environment};
use decide::{Ignored, Known};
pub use deployment::Deployment;
use events::{Emit, Event, Failure, Handler, HandlerError, Outcome};
use github::port::{ReadFile, ReadLanguages};
use policy::{Layer, Policy, Source};
use review::item::{PullRequestItem, ReviewItem};
use review::message::{ReviewKey, ReviewRequested};
pub use settings::Invalid;
use state::StateManager;
use std::sync::Arc;

const NAME: &str = "coordinator";

/// Dependencies of the handler.
pub struct Deps {
    /// Where the review's state is kept.
    pub state: StateManager,
    /// Where the specialists are asked.
    pub bus: Arc<dyn Emit>,
    /// Where settings are read, and what the repository is written in.
    pub github: Arc<dyn GitHub>,
    /// Settings of the deployment, from [`deployment`] or [`Deployment`].
    pub policy: Policy,
}

/// Handler of the function.
pub struct Coordinator {
    deps: Deps,
    invalid: Option<Invalid>,
}

/// Creates the handler.
pub fn handler(deps: Deps) -> Coordinator {
    let invalid = None;
    Coordinator { deps, invalid }
}

impl Coordinator {
    /// Skips every pull request if the settings of the deployment are `invalid`.
    #[must_use]
    pub fn unless(self, invalid: Option<Invalid>) -> Self {
        Self { invalid, ..self }
    }
}

/// The parts of GitHub that the coordinator is given.
pub trait GitHub: ReadFile + ReadLanguages {}

impl<T: ReadFile + ReadLanguages> GitHub for T {}

/// A review was asked for of a pull request that is not in state: state was lost.
#[derive(Debug, thiserror::Error)]
#[error("nothing is known of the pull request of {0}, though its review was asked for")]
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
        let pull: Option<PullRequestItem> = self.deps.state.peek(&PullRequestItem::key(pr)).await?;
        let Some(pull) = pull else {
            return Err(NoPullRequest(asked.review).into());
        };
        if let Err(stale) = pull.wants(head_sha) {
            let reason = Ignored::Stale(stale).to_string();
            return Ok(Outcome::Ignored { reason });
        }
        let settings = self.settings(pr, &pull.base).await?;
        let known = Known {
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

/// What `REVIEW_POLICY` wants, over the built-in settings.
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
