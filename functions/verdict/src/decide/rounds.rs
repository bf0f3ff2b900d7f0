//! A second round: what of what is found was told before, and what of what was told
//! before is gone.

use super::Earlier;
use review::item::CheckReport;
use review::rules::RULES;
use review::{Category, Finding, Fingerprint, Severity};
use std::collections::{BTreeMap, VecDeque};

/// What an earlier review told and nobody has found again yet, by fingerprint: the
/// same code that stands there n times is known n times. What has no fingerprint is
/// known to nobody.
#[derive(Debug, Default)]
pub(super) struct Open {
    known: BTreeMap<Fingerprint, VecDeque<Finding>>,
    unknown: Vec<Finding>,
}

impl Open {
    pub(super) fn of(earlier: Option<&Earlier>) -> Self {
        let mut open = Self::default();
        let told = earlier.into_iter().flat_map(|it| it.verdict.open());
        for finding in told {
            match &finding.fingerprint {
                Some(known) => {
                    let same = open.known.entry(known.clone()).or_default();
                    same.push_back(finding.clone());
                }
                None => open.unknown.push(finding.clone()),
            }
        }
        open
    }

    /// Takes what `now` was when it was told, one of several.
    pub(super) fn take(&mut self, now: &Finding) -> Option<Finding> {
        self.known.get_mut(now.fingerprint.as_ref()?)?.pop_front()
    }

    /// What was not found again: what still stands, because nobody has looked, and
    /// what is gone.
    pub(super) fn rest(
        self,
        reports: &BTreeMap<Category, CheckReport>,
    ) -> (Vec<Finding>, Vec<Finding>) {
        let known = self.known.into_values().flatten();
        let rest = known.chain(self.unknown);
        rest.partition(|finding| !has_looked(finding, reports))
    }
}

/// As it is found now, and as bad and as certain as it was when it was told: a reader
/// that wavers about the same code lifts nothing.
pub(super) fn still_open(before: &Finding, now: Finding) -> Finding {
    Finding {
        severity: before.severity.max(now.severity),
        confidence: before.confidence.max(now.confidence),
        ..now
    }
}

/// Whether it is only listed: seen for the first time on lines that its own specialist
/// reviewed before, in time for the review that people have read, and not severe.
pub(super) fn is_late(finding: &Finding, earlier: &Earlier) -> bool {
    let had_its_say = !earlier.verdict.missing.contains(&finding.category);
    had_its_say && finding.reviewed_before && finding.severity < Severity::High
}

/// Whether one who could find it has read its file: the rules for what a rule has
/// found, a model for what a model has.
fn has_looked(finding: &Finding, reports: &BTreeMap<Category, CheckReport>) -> bool {
    let report = reports.get(&finding.category);
    let readers = report.into_iter().flat_map(|report| &report.readers);
    let mut able = readers.filter(|reader| (reader.name == RULES) == finding.is_by_rules());
    able.any(|reader| reader.coverage.says_it_read(&finding.path))
}
