//! How good reviewers are: each reads changes of our own writing, in which it is
//! known what is wrong.

pub mod case;
pub mod recorder;
pub mod recording;
pub mod replies;
pub mod score;

mod show;

pub use case::{Case, CaseError, Defect};
pub use recorder::Recorder;
pub use recording::{Recording, RecordingError, Said};
pub use replies::{Replayed, Replies};
pub use score::{Marks, Match, Score, Spent, mark};
pub use show::{json, text};

use diff::WhyLeftOut;
use events::{Clock, Entropy, SystemClock};
use github::HeadSha;
use model_client::Model;
use model_review::ModelReviewer;
use review::{Category, Change, Finding, Report, ReviewError, Reviewer};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// What came out of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The changes, in the order that they were given in.
    pub cases: Vec<CaseResult>,
    /// Each reviewer by itself, by the defects of its category.
    pub reviewers: Vec<(String, Score)>,
    /// All reviewers of one name ([`Reviewer::name`]: the rules, a model) as one, by all
    /// defects. Empty where there is only one name.
    pub kinds: Vec<(String, Score)>,
    /// All of them as one, by all defects.
    pub together: Score,
    /// What became of recorded replies, where a model's were replayed.
    pub replayed: Option<Replayed>,
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

/// Told of each case before it is read: how many were read before it, and its name.
pub type Progress<'a> = &'a (dyn Fn(usize, &str) + Sync);

/// Has each of `reviewers` (with the name that it is listed under) read each case. A
/// review that fails found nothing.
pub async fn evaluate(
    cases: &[Case],
    reviewers: &[(&str, &dyn Reviewer)],
    clock: &dyn Clock,
    progress: Progress<'_>,
) -> Evaluation {
    let head_sha = somewhere();
    let named = |(name, _): &(&str, &dyn Reviewer)| ((*name).to_owned(), Score::default());
    let mut rows: Vec<(String, Score)> = reviewers.iter().map(named).collect();
    let names: BTreeSet<&str> = reviewers.iter().map(|(_, it)| it.name()).collect();
    let mut kinds: Vec<(String, Score)> = names
        .into_iter()
        .map(|name| (name.to_owned(), Score::default()))
        .collect();
    let mut together = Score::default();
    let mut results = Vec::new();
    for (read, case) in cases.iter().enumerate() {
        progress(read, &case.name);
        let change = Change {
            pr: &case.pr,
            head_sha: &head_sha,
            diff: &case.diff,
            touched: None,
            policy: &policy::Policy::default(),
            attributes: &policy::Attributes::default(),
            languages: &[],
            deadline: clock.now() + PATIENCE,
        };
        let (mut findings, mut failures) = (Vec::new(), Vec::new());
        let mut by_kind: BTreeMap<&str, (Vec<Finding>, Spent)> = BTreeMap::new();
        for ((name, reviewer), (_, row)) in reviewers.iter().zip(&mut rows) {
            let reviewed = reviewer.review(&change).await.and_then(whole);
            let spent = Spent::on(&reviewed);
            let report = reviewed.unwrap_or_else(|error| {
                failures.push(((*name).to_owned(), error.to_string()));
                Report::default()
            });
            let found = report.findings;
            row.add(&Score {
                spent,
                ..Score::of(&case.defects, &found, Some(reviewer.category()))
            });
            let (of_kind, spent_by_kind) = by_kind.entry(reviewer.name()).or_default();
            of_kind.extend(found.iter().cloned());
            spent_by_kind.add(&spent);
            findings.extend(found);
        }
        let mut spent = Spent::default();
        for (name, score) in &mut kinds {
            let (found, of_kind) = by_kind.remove(name.as_str()).unwrap_or_default();
            spent.add(&of_kind);
            score.add(&Score {
                spent: of_kind,
                ..Score::of(&case.defects, &found, None)
            });
        }
        let score = Score {
            spent,
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
    if kinds.len() < 2 {
        kinds.clear();
    }
    Evaluation {
        cases: results,
        reviewers: rows,
        kinds,
        together,
        replayed: None,
    }
}

/// A report in which a model gave no answer about some file is none to measure by.
fn whole(report: Report) -> Result<Report, ReviewError> {
    let left_out = report.coverage.left_out.iter();
    let unanswered: Vec<_> = left_out
        .filter(|it| it.why == WhyLeftOut::Unanswered)
        .map(|it| it.path.as_str())
        .collect();
    match unanswered.is_empty() {
        true => Ok(report),
        false => {
            let why = report.notes.join(" ");
            let about = unanswered.join(", ");
            Err(ReviewError::Refused {
                why: format!("no answer about {about}: {why}"),
                usage: report.usage,
            })
        }
    }
}

/// The reviewers by rules read `cases`, and the model, where there is one, through
/// each specialist's lens.
pub async fn evaluate_all(
    cases: &[Case],
    model: Option<Arc<dyn Model>>,
    clock: Arc<dyn Clock>,
    progress: Progress<'_>,
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
        entropy: Arc::new(Always),
    };
    let models: Vec<(&str, ModelReviewer)> = model
        .iter()
        .flat_map(|model| {
            lenses.map(|(name, category, lens)| (name, through(model, category, lens)))
        })
        .collect();
    reviewers.extend(models.iter().map(|(name, it)| (*name, it as &dyn Reviewer)));
    evaluate(cases, &reviewers, &*clock, progress).await
}

/// The reviewers that need no model read `cases`.
pub async fn evaluate_rules(cases: &[Case]) -> Evaluation {
    evaluate_all(cases, None, Arc::new(SystemClock), &|_, _| {}).await
}

/// Delimiters with the same token in every question, whichever cases there are beside
/// it: a question stays the same, so that its reply can be recorded. Nobody who writes
/// these changes wants to guess it.
struct Always;

impl Entropy for Always {
    fn next_u64(&self) -> u64 {
        0x7f4a_7c15_9e37_79b9
    }
}

/// A commit for the changes to be of.
#[expect(clippy::expect_used, reason = "a constant name")]
fn somewhere() -> HeadSha {
    let head = "0123456789abcdef0123456789abcdef01234567";
    head.parse().expect("a commit's name")
}
