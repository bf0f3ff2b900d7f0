//! Function of a specialist: reads the change, reviews it, stores the report and emits an event.
//! Each function configures the category.
//!
//! *Subscribes to* `agent.pr.{category}_check`.
//! *Reads* `pr:{owner}/{repo}#{n}` (the newest head), `review:{owner}/{repo}#{n}@{head}` (the
//! policy and the last reviewed head), its own `check:` of that head, GitHub's diffs.
//! *Writes* `check:{owner}/{repo}#{n}@{head}/{category}`: the report.
//! *Emits* `agent.pr.check_completed`, and the function's own events.

mod earlier_report;
#[cfg(feature = "lambda")]
mod open;
mod report;

#[cfg(feature = "lambda")]
pub use open::open;

use async_trait::async_trait;
use earlier_report::EarlierReport;
use events::{
    Clock, Emit, Entropy, Event, Failure, Handler, HandlerError, NewEvent, Outcome, Timestamp,
};
use github::port::ReadChange;
use model_client::Model;
use model_review::ModelReviewer;
use review::change::ReadError;
use review::frame::{PATIENCE, TIME_TO_ANSWER};
use review::item::{CheckItem, CheckReport, PullRequestItem, RETENTION, ReviewItem};
use review::message::{CheckCompleted, CheckRequested, ReviewKey};
use review::{BlockRule, Category, Change, Report, ReviewError, Reviewer, UnneededReason};
use state::{Decision, StateManager};
use std::sync::Arc;
use std::time::Duration;

/// Dependencies of every specialist.
#[derive(Clone)]
pub struct Deps {
    /// Store of reports.
    pub state: StateManager,
    /// Source of the change.
    pub github: Arc<dyn GitHub>,
    /// Bus for completion events.
    pub bus: Arc<dyn Emit>,
    /// Model that reviews in addition to the rules, if configured.
    pub model: Option<Arc<dyn Model>>,
    /// Source of the current time.
    pub clock: Arc<dyn Clock>,
    /// Source of random numbers.
    pub entropy: Arc<dyn Entropy>,
}

/// GitHub methods that a specialist calls.
pub trait GitHub: ReadChange {}

impl<T: ReadChange> GitHub for T {}

impl Deps {
    /// Returns the rule-based reviewer and, if a model is configured, a reviewer that asks it
    /// through the specialist's lens.
    pub fn reviewers(
        &self,
        rules: impl Reviewer + 'static,
        lens: &'static str,
    ) -> Vec<Box<dyn Reviewer>> {
        let model = self.model.clone().map(|model| ModelReviewer {
            category: rules.category(),
            lens,
            model,
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
        });
        let mut all: Vec<Box<dyn Reviewer>> = vec![Box::new(rules)];
        all.extend(model.map(|model| Box::new(model) as Box<dyn Reviewer>));
        all
    }
}

/// Function of a specialist.
pub struct Specialist {
    /// Name of the function.
    pub name: &'static str,
    /// Category of findings.
    pub category: Category,
    /// Reviewers, in this order.
    pub reviewers: Vec<Box<dyn Reviewer>>,
    /// Returns the events to emit in addition to `agent.pr.check_completed`, under the rule that
    /// decides which findings block merging.
    pub also_emits: fn(&CheckRequested, &CheckReport, &BlockRule) -> Vec<NewEvent>,
    /// Dependencies.
    pub deps: Deps,
}

#[async_trait]
impl Handler for Specialist {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn handle(&self, event: &Event) -> Result<Outcome, HandlerError> {
        let asked: CheckRequested = event.data_as()?;
        let key = CheckItem::key(&asked.review, self.category);
        let kept: Option<CheckItem> = self.deps.state.peek(&key).await?;
        let report = match kept.filter(|item| item.is_against(&asked.base_sha)) {
            Some(done) => Ok(done.report),
            None => match self.wanted(&asked).await? {
                Ok(opened) => {
                    let report = self.review(&asked, &opened, event.time).await?;
                    // The review may have restarted during this check, with another report.
                    match self.wanted(&asked).await? {
                        Err(unwanted @ UnneededReason::OtherBase) => Err(unwanted),
                        Ok(_)
                        | Err(
                            UnneededReason::Stale(_)
                            | UnneededReason::NotOpened
                            | UnneededReason::Skipped,
                        ) => Ok(report),
                    }
                }
                Err(unwanted) => Err(unwanted),
            },
        };
        let rule = self.block_rule(&asked.review).await?;
        let also = |report: &CheckReport| (self.also_emits)(&asked, report, &rule);
        let decide = |seen: Option<&CheckItem>, now| self.decide(seen, &asked, &report, also, now);
        let turn = self.deps.state.turn(&key, self.name, event, decide).await?;
        let (outcome, events) = turn.into_parts();
        self.deps.bus.emit(events).await?;
        Ok(outcome)
    }
}

impl Specialist {
    async fn wanted(
        &self,
        asked: &CheckRequested,
    ) -> Result<Result<ReviewItem, UnneededReason>, HandlerError> {
        let (state, review) = (&self.deps.state, &asked.review);
        let pull: Option<PullRequestItem> = state.peek(&PullRequestItem::key(&review.pr)).await?;
        let opened: Option<ReviewItem> = state.peek(&ReviewItem::key(review)).await?;
        let wanted = ReviewItem::wanted(opened.as_ref(), pull.as_ref(), &review.head_sha);
        let wanted = wanted.and_then(|opened| match opened.base_sha == asked.base_sha {
            true => Ok(opened),
            false => Err(UnneededReason::OtherBase),
        });
        Ok(wanted.cloned())
    }

    /// Returns the rule of the review's policy about blocking findings.
    async fn block_rule(&self, review: &ReviewKey) -> Result<BlockRule, HandlerError> {
        let opened: Option<ReviewItem> = self.deps.state.peek(&ReviewItem::key(review)).await?;
        Ok(opened.map_or_else(BlockRule::default, |it| it.policy.block_rule()))
    }

    async fn review(
        &self,
        asked: &CheckRequested,
        opened: &ReviewItem,
        asked_at: Timestamp,
    ) -> Result<CheckReport, HandlerError> {
        let CheckRequested { review, base_sha } = asked;
        let deadline = self.deps.clock.now() + TIME_TO_ANSWER;
        let github = &*self.deps.github;
        let age = Duration::try_from(self.deps.clock.now().duration_since(asked_at));
        let (pr, head_sha) = (&review.pr, &review.head_sha);
        let age = age.unwrap_or_default();
        let diff = match review::change::read_for(github, pr, base_sha, head_sha, age).await {
            Ok(diff) => diff,
            // The review ends with the reason instead of waiting for its deadline.
            Err(error @ ReadError::Refused(_)) => {
                let names = self.reviewers.iter().map(|reviewer| reviewer.name());
                return Ok(report::unread(&error.to_string(), names));
            }
            Err(error @ (ReadError::Failed(_) | ReadError::NotYet(_))) => return Err(error.into()),
        };
        let diff = diff.narrowed_to(|path| opened.policy.wants(path));
        let before = self.before(review, opened, &diff).await?;
        let since = before.as_ref().and_then(EarlierReport::since);
        let touched = since.map(|since| diff.touched_by(since));
        let shown = touched.as_ref().unwrap_or(&diff);
        let change = Change {
            pr: &review.pr,
            head_sha: &review.head_sha,
            diff: &diff,
            touched: touched.as_ref(),
            policy: &opened.policy,
            attributes: &opened.attributes,
            languages: &opened.languages,
            deadline,
        };
        let mut reports = Vec::new();
        for reviewer in &self.reviewers {
            let answer = reviewer.review(&change).await;
            let may_come = match &answer {
                // Publishes a partial report, because its answers were paid for. Waits only for a
                // pause, which ends; an unavailable model may stay unavailable.
                Ok(report) => report
                    .unfinished
                    .as_ref()
                    .filter(|it| it.retry_after().is_some()),
                Err(error) => Some(error),
            };
            let (until, now) = (asked_at + PATIENCE, self.deps.clock.now());
            if let Some(error) = may_come.filter(|error| error.is_over_before(until, now)) {
                return Err(error.clone().into());
            }
            let report = answer.unwrap_or_else(|error| {
                let (why, usage) = match error {
                    ReviewError::Refused { why, usage } => (why, usage),
                    ReviewError::Unavailable(_) | ReviewError::Paused { .. } => {
                        (error.to_string(), None)
                    }
                };
                Report {
                    usage,
                    ..report::nothing_read(&why, &change, shown)
                }
            });
            reports.push((reviewer.name(), report));
        }
        let mut report = report::joined(reports, &diff);
        if let Some(before) = &before {
            let rule = opened.policy.block_rule();
            before.carry_into(&mut report, &diff, shown, &rule);
        }
        Ok(report::ranked(report))
    }

    /// Loads the earlier review, if there was one.
    async fn before(
        &self,
        review: &ReviewKey,
        opened: &ReviewItem,
        diff: &diff::Diff,
    ) -> Result<Option<EarlierReport>, HandlerError> {
        let Some(previous) = &opened.previous else {
            return Ok(None);
        };
        let then = ReviewKey {
            pr: review.pr.clone(),
            head_sha: previous.clone(),
        };
        let key = CheckItem::key(&then, self.category);
        let item: Option<CheckItem> = self.deps.state.peek(&key).await?;
        let github = &*self.deps.github;
        let since = earlier_report::since(github, &review.pr, previous, &review.head_sha).await?;
        let report = item.map(|item| item.report).unwrap_or_default();
        Ok(Some(EarlierReport::new(then.head_sha, report, since, diff)))
    }

    /// Decides about the report. The first stored report remains, because other functions may have
    /// read it. A report against another base replaces it.
    fn decide(
        &self,
        seen: Option<&CheckItem>,
        asked: &CheckRequested,
        report: &Result<CheckReport, UnneededReason>,
        also: impl Fn(&CheckReport) -> Vec<NewEvent>,
        now: Timestamp,
    ) -> Decision<CheckItem, UnneededReason> {
        let kept = seen.filter(|item| item.is_against(&asked.base_sha));
        let next = match (kept, report) {
            (Some(item), _) => item.clone(),
            (None, Ok(report)) => CheckItem {
                base_sha: Some(asked.base_sha.clone()),
                report: report.clone(),
            },
            (None, Err(unwanted)) => return Decision::Ignore(unwanted.clone()),
        };
        let completed = CheckCompleted {
            review: asked.review.clone(),
            category: self.category,
            findings: u32::try_from(next.report.findings.len()).unwrap_or(u32::MAX),
        };
        let mut emits = vec![NewEvent::new(&completed)];
        emits.extend(also(&next.report));
        Decision::Write {
            next,
            emits,
            expires_at: Some(now + RETENTION),
        }
    }
}
