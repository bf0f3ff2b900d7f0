//! Scores findings against known defects.

use super::case::Defect;
use review::{Category, Finding, Report, ReviewError};

/// Most lines between a finding and its defect.
pub const NEAR: u32 = 2;

/// Category rule of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The finding has the defect's category.
    SameCategory,
    /// The finding has any category.
    AnyCategory,
}

/// Match of one change's defects and findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// Found defects with their finding: indices of both.
    pub found: Vec<(usize, usize)>,
    /// Defects without a finding.
    pub missed: Vec<usize>,
    /// Findings that match no defect.
    pub false_positives: Vec<usize>,
    /// Findings at a defect that another finding matches already.
    pub duplicates: Vec<usize>,
}

/// Matches `findings` with `defects`. The nearest pair is matched first; ties follow the input
/// order.
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

/// Returns the number of lines between a finding and a defect, or `None` if they are not near. A
/// finding on the old file is near no defect, because defects are lines of the new file.
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
    /// Number of reviewed changes.
    pub changes: usize,
    /// Changes without defects.
    pub clean_changes: usize,
    /// Defects in all changes.
    pub defects: usize,
    /// Defects found with the right category.
    pub found: usize,
    /// Defects found with any category.
    pub any_category: usize,
    /// Findings.
    pub findings: usize,
    /// Findings that match no defect of their category.
    pub false_positives: usize,
    /// False positives in clean changes.
    pub false_on_clean: usize,
    /// Findings at a defect that was found already. They count neither as right nor as wrong.
    pub duplicates: usize,
    /// Cost of the reviews.
    pub spent: Cost,
}

/// Cost of reviews. Zero for rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Input and output tokens.
    pub tokens: u64,
    /// Millionths of a dollar, without unpriced reviews.
    pub micro_dollars: u64,
    /// Reviews by models without a known price.
    pub unpriced: usize,
    /// Reviews that failed.
    pub failed: usize,
}

impl Cost {
    /// Returns the cost of one review.
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

    /// Adds the cost of `other`.
    pub fn add(&mut self, other: &Self) {
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.micro_dollars = self.micro_dollars.saturating_add(other.micro_dollars);
        self.unpriced += other.unpriced;
        self.failed += other.failed;
    }

    /// Returns the price in millionths of a dollar, or `None` if a price is unknown.
    pub fn price(&self) -> Option<u64> {
        (self.unpriced == 0).then_some(self.micro_dollars)
    }
}

impl Score {
    /// Scores one change. With `only`, counts only the defects of that category.
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
            spent: Cost::default(),
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

    /// Returns the share of right findings without duplicates, 0 to 1, or `None` without findings.
    pub fn precision(&self) -> Option<f64> {
        ratio(self.found, self.found + self.false_positives)
    }

    /// Returns the share of found defects, 0 to 1, or `None` without defects.
    pub fn recall(&self) -> Option<f64> {
        ratio(self.found, self.defects)
    }

    /// Returns the harmonic mean of precision and recall, or `None` if either is missing.
    pub fn f1(&self) -> Option<f64> {
        self.precision().zip(self.recall())?;
        ratio(
            2 * self.found,
            self.found + self.false_positives + self.defects,
        )
    }

    /// Returns the false findings per clean change.
    pub fn false_per_clean(&self) -> Option<f64> {
        ratio(self.false_on_clean, self.clean_changes)
    }

    /// Returns the findings per change.
    pub fn findings_per_change(&self) -> Option<f64> {
        ratio(self.findings, self.changes)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
