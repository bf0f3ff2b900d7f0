//! The [`Reviewer`] that asks a model. What it is told is fixed, but for the change
//! itself, which stands between delimiters that nobody outside can know; what it
//! answers is read as data from a stranger.
//!
//! The model has no tools and holds no secrets. It says what it found; whether that
//! stands on a line of the change, what becomes of it, and whether anything is
//! approved, code decides.

mod answer;
mod budget;
mod prove;
mod words;

pub use prove::Prover;

use agent::{AgentError, Answer, Ask, Model, Schema, Scope};
use answer::Believed;
use async_trait::async_trait;
use diff::{LeftOut, WhyLeftOut};
use event::Failure;
use futures_util::{StreamExt, stream};
use ports::{Clock, Entropy};
use prompt::{Options, Part, Plan};
use review::{Category, Change, Report, ReviewError, Reviewer};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Tokens of the change in one question: what a model still reads with care.
const TOKENS_PER_PART: usize = 24_000;

/// Questions about one change by one specialist.
const MOST_PARTS: usize = 8;

/// Questions that are asked at a time.
const AT_ONCE: usize = 3;

/// Asks a model about one subject.
pub struct ModelReviewer {
    /// Its subject.
    pub category: Category,
    /// What it looks for, in a few sentences: the specialist's own.
    pub lens: &'static str,
    /// Whom it asks.
    pub model: Arc<dyn Model>,
    /// What budgets it has.
    pub budgets: Budgets,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where delimiters are drawn from.
    pub entropy: Arc<dyn Entropy>,
}

/// How many tokens may be spent, each 0 for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budgets {
    /// On one head of a pull request.
    pub review: u64,
    /// On one pull request, over all of its heads.
    pub pull_request: u64,
    /// On one repository in a day (UTC).
    pub repository: u64,
    /// In a day (UTC), over all repositories.
    pub day: u64,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            review: 200_000,
            pull_request: 1_000_000,
            repository: 5_000_000,
            day: 20_000_000,
        }
    }
}

impl Budgets {
    #[expect(
        clippy::expect_used,
        reason = "GitHub's names are checked when they come in; without a key, a budget would be none"
    )]
    fn scopes(&self, change: &Change<'_>, today: &str) -> Vec<Scope> {
        let (pr, head) = (change.pr, change.head_sha);
        let all = [
            (
                self.review,
                format!("{pr}@{head}"),
                "this review".to_owned(),
            ),
            (
                self.pull_request,
                pr.to_string(),
                "this pull request".to_owned(),
            ),
            (
                self.repository,
                format!("{}/{today}", pr.repo),
                format!("{} today", pr.repo),
            ),
            (self.day, today.to_owned(), "today".to_owned()),
        ];
        let limited = all.into_iter().filter(|(limit, ..)| *limit > 0);
        let scope = |(limit, rest, name): (u64, String, String)| Scope {
            key: state::Key::new("budget", &rest).expect("names and dates make keys"),
            limit,
            name,
        };
        limited.map(scope).collect()
    }
}

#[async_trait]
impl Reviewer for ModelReviewer {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn category(&self) -> Category {
        self.category
    }

    async fn review(&self, change: &Change<'_>) -> Result<Report, ReviewError> {
        let nonce = format!(
            "{:016x}{:016x}",
            self.entropy.next_u64(),
            self.entropy.next_u64()
        );
        let plan = prompt::plan(
            change.diff,
            &Options {
                tokens_per_part: TOKENS_PER_PART,
                most_parts: MOST_PARTS,
                nonce: &nonce,
                wants: &|_| true,
                generated: &|_| false,
            },
        );
        let today = self.clock.now().to_string();
        let today = today.get(..10).unwrap_or_default();
        let scopes = self.budgets.scopes(change, today);
        let parts = plan.parts.iter().enumerate();
        let asked: Vec<_> = parts
            .map(|(index, part)| self.ask(change, index, part, &nonce, &scopes))
            .collect();
        let mut answers: Vec<(usize, Result<Believed, AgentError>)> = stream::iter(asked)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        answers.sort_by_key(|(index, _)| *index);
        self.report(&plan, answers)
    }
}

impl ModelReviewer {
    async fn ask(
        &self,
        change: &Change<'_>,
        index: usize,
        part: &Part,
        nonce: &str,
        scopes: &[Scope],
    ) -> (usize, Result<Believed, AgentError>) {
        let user = words::question(self.category, self.lens, nonce, part);
        let schema = Schema {
            name: "review",
            json: answer::schema(part),
        };
        // The same question after a redelivery has the same id: it is reserved for once.
        let id = format!(
            "{}@{}/{}/{index}",
            change.pr, change.head_sha, self.category
        );
        let ask = Ask {
            id: &id,
            scopes,
            system: words::SYSTEM,
            user: &user,
            schema: &schema,
            check: &answer::check,
            deadline: change.deadline,
        };
        let answered = self.model.ask(&ask).await;
        let read = |Answer { value, usage }| {
            answer::read(
                &value,
                part,
                change.diff,
                self.category,
                self.model.name(),
                usage,
            )
        };
        (index, answered.map(read))
    }

    /// All answers together. One that is missing takes only its own files with it; if
    /// none was given at all, there is no report.
    fn report(
        &self,
        plan: &Plan,
        answers: Vec<(usize, Result<Believed, AgentError>)>,
    ) -> Result<Report, ReviewError> {
        let mut report = Report::default();
        report.coverage.left_out.clone_from(&plan.left_out);
        let (mut read, mut errors) = (BTreeSet::new(), BTreeSet::new());
        let (mut unbelieved, mut answered) = (0_u32, false);
        for (index, answer) in answers {
            let Some(part) = plan.parts.get(index) else {
                continue;
            };
            match answer {
                Ok(believed) => {
                    answered = true;
                    read.extend(part.files.iter().cloned());
                    report.findings.extend(believed.findings);
                    report.score = match (report.score, believed.score) {
                        (Some(one), Some(other)) => Some(one.min(other)),
                        (one, other) => one.or(other),
                    };
                    unbelieved += believed.unbelieved;
                    report.usage = Some(match &report.usage {
                        Some(before) => before.plus(&believed.usage),
                        None => believed.usage,
                    });
                }
                // What may be over soon is worth waiting for: nothing is told yet.
                Err(error) if error.is_retryable() => return Err(refused(&error)),
                Err(error) => {
                    let left_out = |path: &String| LeftOut {
                        path: path.clone(),
                        why: WhyLeftOut::Unanswered,
                    };
                    report
                        .coverage
                        .left_out
                        .extend(part.files.iter().map(left_out));
                    errors.insert(error.to_string());
                }
            }
        }
        if !answered && !plan.parts.is_empty() {
            let errors: Vec<_> = errors.into_iter().collect();
            return Err(ReviewError::Refused(errors.join("; ")));
        }
        report
            .notes
            .extend(errors.iter().map(|error| sentence(error)));
        report.coverage.files_read = u32::try_from(read.len()).unwrap_or(u32::MAX);
        if unbelieved > 0 {
            report.notes.push(format!(
                "{unbelieved} of its findings stood on no line of the change and are not told."
            ));
        }
        if plan.masked > 0 {
            report.notes.push(format!(
                "{} secrets were masked before it read the change.",
                plan.masked
            ));
        }
        if !plan.hidden.is_empty() {
            report.notes.push(format!(
                "{} lines hold characters that nobody sees; it read them without.",
                plan.hidden.len()
            ));
        }
        Ok(report)
    }
}

fn refused(error: &AgentError) -> ReviewError {
    if let AgentError::Paused { until, wait } = *error {
        ReviewError::Paused { until, wait }
    } else if error.is_retryable() {
        ReviewError::Unavailable(error.to_string())
    } else {
        ReviewError::Refused(error.to_string())
    }
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

#[cfg(test)]
mod tests;
