//! What was found of what is wrong, and what was said beside it.

use super::case::Defect;
use review::{Category, Finding, Report, ReviewError};

/// How many lines a finding may sit before or behind a defect.
pub const NEAR: u32 = 2;

/// Whether a finding must be of its defect's category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// It must.
    SameCategory,
    /// The place is enough.
    AnyCategory,
}

/// What became of each defect and each finding of one change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// Defects with the finding that found them: indices of both.
    pub found: Vec<(usize, usize)>,
    /// Defects that nobody found.
    pub missed: Vec<usize>,
    /// Findings at no defect.
    pub false_positives: Vec<usize>,
    /// Findings at a defect that another finding has found already.
    pub duplicates: Vec<usize>,
}

/// Marks `findings` by `defects`. The nearest pair is matched first; then by the
/// order that they are given in.
pub fn mark(defects: &[Defect], findings: &[Finding], by: Match) -> Marks {
    let mut pairs = Vec::new();
    for (d, defect) in defects.iter().enumerate() {
        for (f, finding) in findings.iter().enumerate() {
            let fits = by == Match::AnyCategory || defect.category == finding.category;
            if let Some(distance) = distance(defect, finding).filter(|_| fits) {
                pairs.push((distance, d, f));
            }
        }
    }
    pairs.sort_unstable();
    let mut marks = Marks::default();
    for (_, d, f) in &pairs {
        if !marks.found.iter().any(|(d2, f2)| d2 == d || f2 == f) {
            marks.found.push((*d, *f));
        }
    }
    for f in 0..findings.len() {
        if marks.found.iter().any(|(_, used)| *used == f) {
            continue;
        }
        if pairs.iter().any(|(_, _, near)| *near == f) {
            marks.duplicates.push(f);
        } else {
            marks.false_positives.push(f);
        }
    }
    marks.missed = (0..defects.len())
        .filter(|d| !marks.found.iter().any(|(found, _)| found == d))
        .collect();
    marks
}

/// How many lines a finding is away from a defect; `None` if it is not near. Defects are
/// lines of the new file, so what is said of the old one is near none.
fn distance(defect: &Defect, finding: &Finding) -> Option<u32> {
    let before = defect.first_line.saturating_sub(finding.line);
    let behind = finding.line.saturating_sub(defect.last_line);
    let distance = before.max(behind);
    let is_near = finding.side.is_right() && defect.path == finding.path && distance <= NEAR;
    is_near.then_some(distance)
}

/// Counts over many changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Score {
    /// Changes that were read.
    pub changes: usize,
    /// Those of them in which nothing is wrong.
    pub clean_changes: usize,
    /// Defects in them.
    pub defects: usize,
    /// Defects that were found, and told under their category.
    pub found: usize,
    /// Defects whose place was told, under whatever category.
    pub any_category: usize,
    /// Findings.
    pub findings: usize,
    /// Findings at no defect of their category.
    pub false_positives: usize,
    /// Those of them in clean changes.
    pub false_on_clean: usize,
    /// Findings at a defect that was found already: neither right nor wrong.
    pub duplicates: usize,
    /// What that took.
    pub spent: Spent,
}

/// What reviews took; nothing where rules made them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Tokens read and written.
    pub tokens: u64,
    /// Millionths of a dollar, as far as they are known.
    pub micro_dollars: u64,
    /// Reviews by models whose price is not known.
    pub unpriced: usize,
    /// Reviews that ended in an error.
    pub failed: usize,
}

impl Spent {
    /// What one review took.
    pub fn on(reviewed: &Result<Report, ReviewError>) -> Self {
        let usage = match reviewed {
            Ok(report) => report.usage.as_ref(),
            Err(ReviewError::Refused { usage, .. }) => usage.as_ref(),
            Err(ReviewError::Unavailable(_) | ReviewError::Paused { .. }) => None,
        };
        let spent = usage.map_or_else(Self::default, |usage| Self {
            tokens: usage.prompt_tokens.saturating_add(usage.completion_tokens),
            micro_dollars: usage.micro_dollars.unwrap_or_default(),
            unpriced: usize::from(usage.micro_dollars.is_none()),
            failed: 0,
        });
        Self {
            failed: usize::from(reviewed.is_err()),
            ..spent
        }
    }

    /// Adds what `other` took.
    pub fn add(&mut self, other: &Self) {
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.micro_dollars = self.micro_dollars.saturating_add(other.micro_dollars);
        self.unpriced += other.unpriced;
        self.failed += other.failed;
    }

    /// Millionths of a dollar; `None` if a price is not known.
    pub fn price(&self) -> Option<u64> {
        (self.unpriced == 0).then_some(self.micro_dollars)
    }
}

impl Score {
    /// The score of one change. With `only`, the defects of that category are
    /// wanted and no others.
    pub fn of(defects: &[Defect], findings: &[Finding], only: Option<Category>) -> Self {
        let wanted = |defect: &&Defect| only.is_none_or(|only| defect.category == only);
        let own: Vec<Defect> = defects.iter().filter(wanted).cloned().collect();
        let marks = mark(&own, findings, Match::SameCategory);
        let clean = defects.is_empty();
        Self {
            changes: 1,
            clean_changes: usize::from(clean),
            defects: own.len(),
            found: marks.found.len(),
            any_category: mark(defects, findings, Match::AnyCategory).found.len(),
            findings: findings.len(),
            false_positives: marks.false_positives.len(),
            false_on_clean: if clean { findings.len() } else { 0 },
            duplicates: marks.duplicates.len(),
            spent: Spent::default(),
        }
    }

    /// Adds the counts of `other`.
    pub fn add(&mut self, other: &Self) {
        self.changes += other.changes;
        self.clean_changes += other.clean_changes;
        self.defects += other.defects;
        self.found += other.found;
        self.any_category += other.any_category;
        self.findings += other.findings;
        self.false_positives += other.false_positives;
        self.false_on_clean += other.false_on_clean;
        self.duplicates += other.duplicates;
        self.spent.add(&other.spent);
    }

    /// How much of what was said is right, duplicates aside: 0 to 1; `None` if
    /// nothing was said.
    pub fn precision(&self) -> Option<f64> {
        ratio(self.found, self.found + self.false_positives)
    }

    /// How much of what is wrong was found: 0 to 1; `None` if nothing is wrong.
    pub fn recall(&self) -> Option<f64> {
        ratio(self.found, self.defects)
    }

    /// The harmonic mean of precision and recall; `None` without one of them.
    pub fn f1(&self) -> Option<f64> {
        self.precision().zip(self.recall())?;
        ratio(
            2 * self.found,
            self.found + self.false_positives + self.defects,
        )
    }

    /// False findings in each clean change.
    pub fn false_per_clean(&self) -> Option<f64> {
        ratio(self.false_on_clean, self.clean_changes)
    }

    /// Findings in each change.
    pub fn findings_per_change(&self) -> Option<f64> {
        ratio(self.findings, self.changes)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
