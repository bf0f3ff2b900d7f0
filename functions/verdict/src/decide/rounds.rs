//! Second round: compares the findings with those of the earlier review, and finds the resolved
//! ones.

use github::HeadSha;
use review::item::{CheckReport, Verdict};
use review::rules::RULES;
use review::{Category, Finding, Fingerprint, Severity};
use std::collections::{BTreeMap, VecDeque};

/// Earlier review of the pull request.
#[derive(Debug, Clone)]
pub(crate) struct EarlierReview {
    /// Head of that review.
    pub(crate) head_sha: HeadSha,
    pub(crate) verdict: Verdict,
}

/// Open findings of the earlier review that are not found again yet, by fingerprint. Code that
/// occurs n times has n entries. A finding without a fingerprint matches none.
#[derive(Debug, Default)]
pub(super) struct OpenFindings {
    known: BTreeMap<Fingerprint, VecDeque<Finding>>,
    unknown: Vec<Finding>,
}

impl OpenFindings {
    pub(super) fn of(earlier: Option<&EarlierReview>) -> Self {
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

    /// Removes and returns an earlier finding that is the same as `now`.
    pub(super) fn take(&mut self, now: &Finding) -> Option<Finding> {
        self.known.get_mut(now.fingerprint.as_ref()?)?.pop_front()
    }

    /// Returns the findings that were not found again: the open ones, whose files no reader has
    /// read, and the resolved ones.
    pub(super) fn rest(
        self,
        reports: &BTreeMap<Category, CheckReport>,
    ) -> (Vec<Finding>, Vec<Finding>) {
        let known = self.known.into_values().flatten();
        let rest = known.chain(self.unknown);
        rest.partition(|finding| !has_looked(finding, reports))
    }
}

/// Returns the removed secrets that the earlier review lists and that are not among the findings
/// of this one.
pub(super) fn to_revoke(earlier: Option<&EarlierReview>, found: &[Finding]) -> Vec<Finding> {
    let is_back = |secret: &Finding| {
        let mut found = found.iter().map(|finding| &finding.fingerprint);
        secret.fingerprint.is_some() && found.any(|it| *it == secret.fingerprint)
    };
    let listed = earlier.into_iter().flat_map(|it| &it.verdict.to_revoke);
    listed.filter(|secret| !is_back(secret)).cloned().collect()
}

/// Returns the new finding with the worse severity and the greater confidence of both. A lower
/// rating of the same code does not lift a block.
pub(super) fn still_open(before: &Finding, now: Finding) -> Finding {
    Finding {
        severity: before.severity.max(now.severity),
        confidence: before.confidence.max(now.confidence),
        ..now
    }
}

/// Returns whether the finding is only listed: it is new, not severe, and on lines that its
/// specialist reviewed in time for the earlier verdict.
pub(super) fn is_late(finding: &Finding, earlier: &EarlierReview) -> bool {
    let had_its_say = !earlier.verdict.missing.contains(&finding.category);
    had_its_say && finding.reviewed_before && finding.severity < Severity::High
}

/// Returns whether a reader that could find it has read its file: the rules for a rule's finding, a
/// model for a model's.
fn has_looked(finding: &Finding, reports: &BTreeMap<Category, CheckReport>) -> bool {
    let report = reports.get(&finding.category);
    let readers = report.into_iter().flat_map(|report| &report.readers);
    let mut able = readers.filter(|reader| (reader.name == RULES) == finding.is_by_rules());
    able.any(|reader| reader.coverage.says_it_read(&finding.path))
}
