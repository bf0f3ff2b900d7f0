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

use agent::{AgentError, Answer, Ask, Model, Scope};
use answer::Believed;
use async_trait::async_trait;
use diff::{Diff, LeftOut, WhyLeftOut};
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
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where delimiters are drawn from.
    pub entropy: Arc<dyn Entropy>,
}

#[async_trait]
impl Reviewer for ModelReviewer {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn category(&self) -> Category {
        self.category
    }

    /// Where the change was reviewed before, only what was touched since is shown; if
    /// nothing was, nobody is asked.
    async fn review(&self, change: &Change<'_>) -> Result<Report, ReviewError> {
        let shown = change.touched.unwrap_or(change.diff);
        let nonce = self.entropy.nonce();
        let plan = prompt::plan(
            shown,
            &Options {
                tokens_per_part: TOKENS_PER_PART,
                most_parts: MOST_PARTS,
                nonce: &nonce,
                generated: &|path| change.attributes.is_generated(path),
            },
        );
        if change.touched.is_some() && plan.parts.is_empty() {
            return Ok(not_asked(plan));
        }
        let now = self.clock.now();
        let scopes = budget::scopes(&change.policy.budget, change.pr, change.head_sha, now)
            .map_err(ReviewError::Refused)?;
        let parts = plan.parts.iter().enumerate();
        let asked: Vec<_> = parts
            .map(|(index, part)| self.ask(change, shown, index, part, &nonce, &scopes))
            .collect();
        let mut answers: Vec<(usize, Result<Believed, AgentError>)> = stream::iter(asked)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        answers.sort_by_key(|(index, _)| *index);
        report(&plan, answers)
    }
}

impl ModelReviewer {
    async fn ask(
        &self,
        change: &Change<'_>,
        shown: &Diff,
        index: usize,
        part: &Part,
        nonce: &str,
        scopes: &[Scope],
    ) -> (usize, Result<Believed, AgentError>) {
        let user = words::question(self.category, self.lens, change.policy, nonce, part);
        let schema = answer::schema(part);
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
            answer::read(&value, part, shown, self.category, self.model.name(), usage)
        };
        (index, answered.map(read))
    }
}

/// What is said where there is nothing to ask about.
fn not_asked(plan: Plan) -> Report {
    let mut report = Report::default();
    report.coverage.left_out = plan.left_out;
    let note = "Not asked: nothing that it reads was touched since the last review.";
    report.notes.push(note.to_owned());
    report
}

/// All answers together. One that is missing takes only its own files with it, and is
/// told as what may still come if it may; if none was given at all, there is no report.
fn report(
    plan: &Plan,
    answers: Vec<(usize, Result<Believed, AgentError>)>,
) -> Result<Report, ReviewError> {
    let mut report = Report::default();
    report.coverage.left_out.clone_from(&plan.left_out);
    let (mut answered, mut unbelieved) = (false, 0);
    let (mut read, mut errors) = (BTreeSet::new(), BTreeSet::new());
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
            Err(error) => {
                let left_out = |path: &String| LeftOut {
                    path: path.clone(),
                    why: WhyLeftOut::Unanswered,
                };
                let files = part.files.iter().map(left_out);
                report.coverage.left_out.extend(files);
                errors.insert(error.to_string());
                let may_come = Some(refused(&error)).filter(ReviewError::is_retryable);
                report.unfinished = may_come
                    .into_iter()
                    .chain(report.unfinished)
                    .max_by_key(ReviewError::retry_after);
            }
        }
    }
    if !answered && !plan.parts.is_empty() {
        let errors: Vec<_> = errors.into_iter().collect();
        let refused = || ReviewError::Refused(errors.join("; "));
        return Err(report.unfinished.unwrap_or_else(refused));
    }
    report
        .notes
        .extend(errors.iter().map(|error| sentence(error)));
    report.coverage.files_read = u32::try_from(read.len()).unwrap_or(u32::MAX);
    if unbelieved > 0 {
        report.notes.push(format!(
            "{unbelieved} of its findings stood on no line of the change; that is not told."
        ));
    }
    if plan.masked > 0 {
        report.notes.push(format!(
            "{} masked before it read the change.",
            counted(plan.masked, "secret was", "secrets were")
        ));
    }
    if !plan.hidden.is_empty() {
        report.notes.push(format!(
            "{} characters that nobody sees; it read them without.",
            counted(plan.hidden.len(), "line holds", "lines hold")
        ));
    }
    Ok(report)
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

fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
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
