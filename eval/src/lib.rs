//! Evaluation of reviewers. Each reviewer reads changes with known defects.

pub mod case;
pub mod recorder;
pub mod recording;
pub mod replies;
pub mod score;

mod show;

pub use case::{Case, CaseError, Defect};
pub use recorder::Recorder;
pub use recording::{ModelReply, Recording, RecordingError};
pub use replies::{RecordingUse, Replies};
pub use score::{Cost, Marks, Match, Score, mark};
pub use show::{json, text};

use diff::OmissionReason;
use events::{Clock, Entropy, SystemClock};
use github::HeadSha;
use model_client::Model;
use review::{Change, Finding, Report, ReviewError, Reviewer};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Result of an evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Results per change, in input order.
    pub cases: Vec<CaseResult>,
    /// Score of each reviewer, by the defects of its category.
    pub reviewers: Vec<(String, Score)>,
    /// Combined score per reviewer name ([`Reviewer::name`]: the rules, a model), by all defects.
    /// Empty if there is only one name.
    pub kinds: Vec<(String, Score)>,
    /// Combined score of all reviewers, by all defects.
    pub together: Score,
    /// Use of recorded replies, if a model's replies were replayed.
    pub replayed: Option<RecordingUse>,
}

/// Result for one change.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseResult {
    /// Name of the case.
    pub name: String,
    /// Language of the case.
    pub language: String,
    /// Known defects.
    pub defects: Vec<Defect>,
    /// Findings of all reviewers, in their order.
    pub findings: Vec<Finding>,
    /// Match of findings with defects.
    pub marks: Marks,
    /// Counts.
    pub score: Score,
    /// Reviewers that failed, with the reason.
    pub failures: Vec<(String, String)>,
}

impl CaseResult {
    /// Returns the found defects, each with its finding.
    pub fn found(&self) -> impl Iterator<Item = (&Defect, &Finding)> {
        let at = |(defect, finding): &(usize, usize)| {
            Some((self.defects.get(*defect)?, self.findings.get(*finding)?))
        };
        self.marks.found.iter().filter_map(at)
    }

    /// Returns the defects without a finding.
    pub fn missed(&self) -> impl Iterator<Item = &Defect> {
        let at = |index: &usize| self.defects.get(*index);
        self.marks.missed.iter().filter_map(at)
    }

    /// Returns the findings that match no defect of their category.
    pub fn false_positives(&self) -> impl Iterator<Item = &Finding> {
        let at = |index: &usize| self.findings.get(*index);
        self.marks.false_positives.iter().filter_map(at)
    }
}

/// Time limit of a model review per change.
const PATIENCE: Duration = Duration::from_secs(180);

/// Callback before each case: number of finished cases, and the name of the next one.
pub type Progress<'a> = &'a (dyn Fn(usize, &str) + Sync);

/// Runs each of `reviewers` (listed under the given name) on each case. A failed review counts as
/// zero findings.
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
        let mut by_kind: BTreeMap<&str, (Vec<Finding>, Cost)> = BTreeMap::new();
        for ((name, reviewer), (_, row)) in reviewers.iter().zip(&mut rows) {
            let reviewed = reviewer.review(&change).await.and_then(whole);
            let spent = Cost::on(&reviewed);
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
        let mut spent = Cost::default();
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

/// Rejects a report with an unanswered file: it would distort the measurement.
fn whole(report: Report) -> Result<Report, ReviewError> {
    let left_out = report.coverage.left_out.iter();
    let unanswered: Vec<_> = left_out
        .filter(|it| it.why == OmissionReason::Unanswered)
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

/// Runs the rule-based reviewers on `cases`. With a model, also runs the model through each
/// specialist's lens.
pub async fn evaluate_all(
    cases: &[Case],
    model: Option<Arc<dyn Model>>,
    clock: Arc<dyn Clock>,
    progress: Progress<'_>,
) -> Evaluation {
    let entropy: Arc<dyn Entropy> = Arc::new(Always);
    let reviewers = local_functions::reviewers(model.as_ref(), &clock, &entropy);
    let reviewers: Vec<_> = reviewers.iter().map(|(name, it)| (*name, &**it)).collect();
    evaluate(cases, &reviewers, &*clock, progress).await
}

/// Runs the reviewers that need no model on `cases`.
pub async fn evaluate_rules(cases: &[Case]) -> Evaluation {
    evaluate_all(cases, None, Arc::new(SystemClock), &|_, _| {}).await
}

/// Delimiters with a constant token. A question does not depend on the other cases, so its reply
/// can be recorded. The authors of the cases do not attack the delimiter.
struct Always;

impl Entropy for Always {
    fn next_u64(&self) -> u64 {
        0x7f4a_7c15_9e37_79b9
    }
}

/// Returns a fixed commit for the cases.
#[expect(clippy::expect_used, reason = "a constant name")]
fn somewhere() -> HeadSha {
    let head = "0123456789abcdef0123456789abcdef01234567";
    head.parse().expect("a commit's name")
}
