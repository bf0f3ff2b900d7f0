//! Combines a model's answers into a report.

use crate::answer::{RejectionCounts, ValidAnswer};
use crate::prompt::{Part, Plan};
use diff::{OmissionReason, OmittedFile};
use events::Failure;
use model_client::AgentError;
use review::{Report, ReviewError, Usage};
use std::collections::BTreeSet;

/// Result of a question about a part.
pub(crate) struct PartAnswer {
    /// Index of the part.
    pub(crate) part: usize,
    /// Validated answer, or the error.
    pub(crate) outcome: Result<ValidAnswer, AgentError>,
    /// Usage, also of a failed question.
    pub(crate) usage: Option<Usage>,
}

/// Combines all answers. A missing answer excludes only its own files, and marks the report as
/// pending if a retry may succeed. Returns an error if all answers are missing.
pub(crate) fn of(plan: Plan, answers: Vec<PartAnswer>) -> Result<Report, ReviewError> {
    let mut report = Report::default();
    let over = plan.is_over_budget();
    report.coverage.left_out = plan.left_out;
    let (mut answered, mut unbelieved) = (false, RejectionCounts::default());
    let (mut read, mut errors) = (BTreeSet::new(), BTreeSet::new());
    for PartAnswer {
        part,
        outcome,
        usage,
    } in answers
    {
        let Some(part) = plan.parts.get(part) else {
            continue;
        };
        report.usage = match (report.usage, usage) {
            (Some(one), Some(other)) => Some(one.plus(&other)),
            (one, other) => one.or(other),
        };
        match outcome {
            Ok(believed) => {
                answered = true;
                match believed.is_exact {
                    true => read.extend(part.files.keys().cloned()),
                    false => {
                        let why = OmissionReason::Unanswered;
                        report.coverage.left_out.extend(left_out(part, why));
                        errors.insert(AMBIGUOUS.to_owned());
                    }
                }
                report.findings.extend(believed.findings);
                report.score = match (report.score, believed.score) {
                    (Some(one), Some(other)) => Some(one.min(other)),
                    (one, other) => one.or(other),
                };
                unbelieved.add(believed.unbelieved);
            }
            Err(error) => {
                let why = match matches!(error, AgentError::OverBudget { .. }) {
                    true => OmissionReason::Budget,
                    false => OmissionReason::Unanswered,
                };
                report.coverage.left_out.extend(left_out(part, why));
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
        let refused = || ReviewError::Refused {
            why: errors.join("; "),
            usage: report.usage,
        };
        return Err(report.unfinished.unwrap_or_else(refused));
    }
    if plan.parts.is_empty() && over {
        let note = "Not asked: the review budget is too small for a question about this change.";
        report.notes.push(note.to_owned());
    }
    report
        .notes
        .extend(errors.iter().map(|error| sentence(error)));
    report.coverage.files_read = u32::try_from(read.len()).unwrap_or(u32::MAX);
    report.notes.extend(unbelieved.notes());
    if plan.masked > 0 {
        report.notes.push(format!(
            "{} masked before it read the change.",
            counted(plan.masked, "secret was", "secrets were")
        ));
    }
    if !plan.hidden.is_empty() {
        report.notes.push(format!(
            "{} invisible characters, which it did not see.",
            counted(plan.hidden.len(), "line contains", "lines contain")
        ));
    }
    Ok(report)
}

/// Note for an answer among other text.
const AMBIGUOUS: &str = "its reply was more than one JSON object: the findings count, but its \
                         files do not count as read";

fn left_out(part: &Part, why: OmissionReason) -> impl Iterator<Item = OmittedFile> {
    let paths = part.files.keys().cloned();
    paths.map(move |path| OmittedFile { path, why })
}

pub(crate) fn refused(error: &AgentError) -> ReviewError {
    if let AgentError::Paused { until, wait } = *error {
        ReviewError::Paused { until, wait }
    } else if error.is_retryable() {
        ReviewError::Unavailable(error.to_string())
    } else {
        ReviewError::refused(error.to_string())
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    }
}

/// Adds a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}
