//! [`Reviewer`] that asks a model. The prompt is fixed except for the change, which is enclosed in
//! unpredictable delimiters. The answer is parsed as untrusted data.
//!
//! The model has no tools and no secrets. It only reports findings. Code checks that each finding
//! is on a line of the change, and decides about publication and approval.

mod answer;
mod budget;
pub mod prompt;
mod report;
mod second_look;
mod shape;
mod words;

pub use second_look::SecondReviewer;

use crate::prompt::{Options, Part, Plan};
use answer::ValidAnswer;
use async_trait::async_trait;
use diff::Diff;
use diff::language::Language;
use events::{Clock, Entropy};
use futures_util::{StreamExt, stream};
use model_client::{Answer, Ask, AskError, Model, Scope};
use report::PartAnswer;
use review::{Category, Change, Report, ReviewError, Reviewer, Side};
use std::sync::Arc;

/// Maximum number of concurrent questions.
const AT_ONCE: usize = 3;

/// Reviewer that asks a model about one category.
pub struct ModelReviewer {
    /// Category of findings.
    pub category: Category,
    /// Description of the specialist's defects, in a few sentences.
    pub lens: &'static str,
    /// Model to ask.
    pub model: Arc<dyn Model>,
    /// Source of the current time.
    pub clock: Arc<dyn Clock>,
    /// Source of random delimiters.
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

    /// Reviews the change. After an earlier review, shows only the lines touched since then, and
    /// asks no question if there are none.
    async fn review(&self, change: &Change<'_>) -> Result<Report, ReviewError> {
        let shown = change.touched.unwrap_or(change.diff);
        let nonce = self.entropy.nonce();
        let room = budget::QuestionLimits::of(change.policy);
        let languages = change.languages.iter().map(|it| Language::named(it));
        let languages: Vec<_> = languages.collect();
        let plan = prompt::plan(
            shown,
            &Options {
                tokens_per_part: room.tokens_per_part,
                most_parts: room.parts,
                nonce: &nonce,
                generated: &|path| change.attributes.is_generated(path),
                languages: &languages,
            },
        );
        if change.touched.is_some() && plan.parts.is_empty() && !plan.is_over_budget() {
            return Ok(not_asked(plan));
        }
        let now = self.clock.now();
        let scopes = budget::scopes(&change.policy.budget, change.pr, change.head_sha, now)
            .map_err(ReviewError::refused)?;
        let common = Common {
            diff: shown,
            code: &code(shown),
            nonce: &nonce,
            scopes: &scopes,
        };
        let parts = plan.parts.iter().enumerate();
        let asked: Vec<_> = parts
            .map(|(index, part)| self.ask(change, &common, index, part))
            .collect();
        let mut answers: Vec<PartAnswer> = stream::iter(asked)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        answers.sort_by_key(|answered| answered.part);
        report::of(plan, answers)
    }
}

/// Parts that all questions of a review share.
struct Common<'a> {
    /// Diff that the questions show.
    diff: &'a Diff,
    /// Result of [`code`] for the diff.
    code: &'a str,
    /// Token in the delimiters around untrusted text.
    nonce: &'a str,
    /// Budgets that count the questions.
    scopes: &'a [Scope],
}

impl ModelReviewer {
    async fn ask(
        &self,
        change: &Change<'_>,
        common: &Common<'_>,
        index: usize,
        part: &Part,
    ) -> PartAnswer {
        let Common {
            diff: shown,
            code,
            nonce,
            scopes,
        } = *common;
        let user = words::question(self.category, self.lens, change.policy, nonce, part);
        let schema = answer::schema(part);
        // A redelivered question has the same id, so budgets reserve for it once.
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
            change: code,
            deadline: change.deadline,
        };
        let (outcome, usage) = match self.model.ask(&ask).await {
            Ok(Answer {
                value,
                is_exact,
                usage,
            }) => {
                let name = self.model.name();
                let believed = answer::read(&value, part, shown, self.category, name);
                let believed = ValidAnswer {
                    is_exact,
                    ..believed
                };
                (Ok(believed), usage)
            }
            Err(AskError { error, usage }) => (Err(error), usage),
        };
        PartAnswer {
            part: index,
            outcome,
            usage: answer::paid(&usage),
        }
    }
}

/// Returns the code of `diff`: the new side of all files, then the old side, so that text over
/// several lines stays contiguous.
fn code(diff: &Diff) -> String {
    let mut code = String::new();
    for side in [Side::Right, Side::Left] {
        let lines = diff.files.iter().flat_map(|file| file.lines());
        for line in lines.filter(|line| line.number(side).is_some()) {
            code.push_str(&line.text);
            code.push('\n');
        }
    }
    code
}

/// Builds the report of a change without a question.
fn not_asked(plan: Plan) -> Report {
    let mut report = Report::default();
    report.coverage.left_out = plan.left_out;
    let note = "Not asked: none of its lines changed since the last review.";
    report.notes.push(note.to_owned());
    report
}

#[cfg(test)]
mod tests;
