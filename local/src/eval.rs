//! How good reviewers are: each reads changes of our own writing, in which it is
//! known what is wrong.

pub mod case;
pub mod score;

mod show;

pub use case::{Case, CaseError, Defect};
pub use score::{Marks, Match, Score, mark};
pub use show::{json, text};

use agent::Model;
use github::{HeadSha, PrKey};
use model_review::ModelReviewer;
use ports::{Clock, Entropy, SystemClock, SystemEntropy};
use review::{Category, Change, Finding, Report, Reviewer};
use std::sync::Arc;
use std::time::Duration;

/// What came out of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The changes, in the order that they were given in.
    pub cases: Vec<CaseResult>,
    /// Each reviewer by itself, by the defects of its category.
    pub reviewers: Vec<(String, Score)>,
    /// All of them as one, by all defects.
    pub together: Score,
}

/// What came out of one change.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseResult {
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// What is wrong in it.
    pub defects: Vec<Defect>,
    /// What all reviewers found, in their order.
    pub findings: Vec<Finding>,
    /// What is right of it.
    pub marks: Marks,
    /// The counts.
    pub score: Score,
    /// The reviewers that had nothing to say, and why.
    pub failures: Vec<(String, String)>,
}

impl CaseResult {
    /// The defects that were found, each with the finding.
    pub fn found(&self) -> impl Iterator<Item = (&Defect, &Finding)> {
        let at = |(defect, finding): &(usize, usize)| {
            Some((self.defects.get(*defect)?, self.findings.get(*finding)?))
        };
        self.marks.found.iter().filter_map(at)
    }

    /// The defects that nobody found.
    pub fn missed(&self) -> impl Iterator<Item = &Defect> {
        let at = |index: &usize| self.defects.get(*index);
        self.marks.missed.iter().filter_map(at)
    }

    /// The findings at no defect of their category.
    pub fn false_positives(&self) -> impl Iterator<Item = &Finding> {
        let at = |index: &usize| self.findings.get(*index);
        self.marks.false_positives.iter().filter_map(at)
    }
}

/// A model is given so long for each change.
const PATIENCE: Duration = Duration::from_secs(180);

/// Has each of `reviewers` (with the name that it is listed under) read each case. A
/// review that fails found nothing.
pub async fn evaluate(
    cases: &[Case],
    reviewers: &[(&str, &dyn Reviewer)],
    clock: &dyn Clock,
) -> Evaluation {
    let (pr, head_sha) = someones();
    let named = |(name, _): &(&str, &dyn Reviewer)| ((*name).to_owned(), Score::default());
    let mut rows: Vec<(String, Score)> = reviewers.iter().map(named).collect();
    let mut together = Score::default();
    let mut results = Vec::new();
    for case in cases {
        let change = Change {
            pr: &pr,
            head_sha: &head_sha,
            diff: &case.diff,
            since: None,
            policy: &policy::Policy::default(),
            attributes: &policy::Attributes::default(),
            deadline: clock.now() + PATIENCE,
        };
        let (mut findings, mut failures) = (Vec::new(), Vec::new());
        let mut tokens = 0_u64;
        for ((name, reviewer), (_, row)) in reviewers.iter().zip(&mut rows) {
            let report = reviewer.review(&change).await.unwrap_or_else(|error| {
                failures.push(((*name).to_owned(), error.to_string()));
                row.failed += 1;
                Report::default()
            });
            let usage = report.usage.unwrap_or_default();
            let used = usage.prompt_tokens.saturating_add(usage.completion_tokens);
            let found = report.findings;
            tokens = tokens.saturating_add(used);
            row.tokens = row.tokens.saturating_add(used);
            row.add(&Score::of(&case.defects, &found, Some(reviewer.category())));
            findings.extend(found);
        }
        let score = Score {
            tokens,
            failed: failures.len(),
            ..Score::of(&case.defects, &findings, None)
        };
        together.add(&score);
        results.push(CaseResult {
            name: case.name.clone(),
            language: case.language.clone(),
            defects: case.defects.clone(),
            marks: mark(&case.defects, &findings, Match::SameCategory),
            findings,
            score,
            failures,
        });
    }
    Evaluation {
        cases: results,
        reviewers: rows,
        together,
    }
}

/// The reviewers by rules read `cases`, and the model, where there is one, through
/// each specialist's lens.
pub async fn evaluate_all(
    cases: &[Case],
    model: Option<Arc<dyn Model>>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Evaluation {
    let (security, style, logic) = (
        security::rules::reviewer(),
        style::rules::reviewer(),
        logic::rules::reviewer(),
    );
    let mut reviewers: Vec<(&str, &dyn Reviewer)> = vec![
        ("security rules", &security),
        ("style rules", &style),
        ("logic rules", &logic),
    ];
    let lenses = [
        ("security model", Category::Security, security::LENS),
        ("style model", Category::Style, style::LENS),
        ("logic model", Category::Logic, logic::LENS),
    ];
    let through = |model: &Arc<dyn Model>, category, lens| ModelReviewer {
        category,
        lens,
        model: model.clone(),
        clock: clock.clone(),
        entropy: entropy.clone(),
    };
    let models: Vec<(&str, ModelReviewer)> = model
        .iter()
        .flat_map(|model| {
            lenses.map(|(name, category, lens)| (name, through(model, category, lens)))
        })
        .collect();
    reviewers.extend(models.iter().map(|(name, it)| (*name, it as &dyn Reviewer)));
    evaluate(cases, &reviewers, &*clock).await
}

/// The reviewers that need no model read `cases`.
pub async fn evaluate_rules(cases: &[Case]) -> Evaluation {
    evaluate_all(cases, None, Arc::new(SystemClock), Arc::new(SystemEntropy)).await
}

/// A pull request for the changes to be of.
#[expect(clippy::expect_used, reason = "constant names")]
fn someones() -> (PrKey, HeadSha) {
    let head = "0123456789abcdef0123456789abcdef01234567";
    (
        "octo/widgets#1".parse().expect("a pull request's name"),
        head.parse().expect("a commit's name"),
    )
}
