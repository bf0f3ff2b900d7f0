//! Joins all reports under the policy.

use super::rounds::{self, EarlierReview};
use super::second_look;
use crate::score;
use events::Timestamp;
use github::HeadSha;
use github::port::ReviewEvent;
use review::item::{ReviewItem, SecondLookItem, Verdict};
use review::{Category, Finding, Fingerprint, bounds};
use rounds::OpenFindings;
use second_look::still_unproven;
use std::collections::BTreeSet;

/// Findings by the list that shows them.
#[derive(Debug, Default)]
pub(super) struct FindingLists {
    since: Option<HeadSha>,
    findings: Vec<Finding>,
    unsure: Vec<Finding>,
    unproven: BTreeSet<Fingerprint>,
    late: Vec<Finding>,
    still_open: Vec<Finding>,
    resolved: Vec<Finding>,
    to_revoke: Vec<Finding>,
    below_floor: u32,
}

impl FindingLists {
    /// Joins the reports of `review`: merges findings of several specialists, applies the policy's
    /// minimum severity and confidence, and separates new findings from known ones. A known finding
    /// remains listed at a lower confidence. A blocking finding passes every minimum.
    pub(super) fn of(review: &ReviewItem, earlier: Option<&EarlierReview>) -> Self {
        let earlier = earlier.filter(|it| review.previous.as_ref() == Some(&it.head_sha));
        let mut open = OpenFindings::of(earlier);
        let mut joined = Self {
            since: earlier.map(|it| it.head_sha.clone()),
            ..Self::default()
        };
        let reports = review.reports.values();
        let found = reports.flat_map(|report| &report.findings);
        let rule = review.policy.block_rule();
        let found = review::merged(found.cloned(), &rule);
        let mut to_revoke = rounds::to_revoke(earlier, &found);
        for finding in found {
            let before = open.take(&finding);
            let was_open = before.is_some();
            let finding = match before {
                Some(before) => rounds::still_open(&before, finding),
                None => finding,
            };
            let is_trifle = finding.severity < review.policy.severity_floor;
            let is_unsure = finding.confidence < review.policy.confidence_floor;
            if is_trifle && !finding.blocks(&rule) {
                joined.below_floor = joined.below_floor.saturating_add(1);
            } else if was_open {
                joined.still_open.push(finding);
            } else if is_unsure && !finding.blocks(&rule) {
                joined.unsure.push(finding);
            } else if let Some(doubted) = earlier.and_then(|it| still_unproven(&finding, it)) {
                joined.doubt([doubted]);
            } else if earlier.is_some_and(|it| rounds::is_late(&finding, it)) {
                joined.late.push(finding);
            } else {
                joined.findings.push(finding);
            }
        }
        let (still_open, gone) = open.rest(&review.reports);
        // The history of the branch still contains a secret.
        let (removed, resolved): (Vec<_>, _) = gone.into_iter().partition(Finding::is_secret);
        to_revoke.extend(removed);
        to_revoke.sort_by(|a, b| a.rank().cmp(&b.rank()));
        joined.to_revoke = to_revoke;
        joined.still_open.extend(still_open);
        joined.still_open.sort_by(|a, b| a.rank().cmp(&b.rank()));
        joined.resolved = resolved;
        joined.resolved.sort_by(|a, b| a.rank().cmp(&b.rank()));
        joined
    }

    /// Adds findings without proof to the unconfirmed ones.
    fn doubt(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            self.unproven.extend(finding.fingerprint.clone());
            self.unsure.push(finding);
        }
        self.unsure.sort_by(|a, b| a.rank().cmp(&b.rank()));
    }

    /// Returns the new findings that need a proof, worst first.
    pub(super) fn to_prove(&self) -> Vec<Finding> {
        let new = self.findings.iter().chain(&self.late);
        let mut all: Vec<_> = new
            .filter(|it| second_look::needs_second_look(it))
            .cloned()
            .collect();
        all.sort_by(|a, b| a.rank().cmp(&b.rank()));
        all
    }

    /// Cuts each list to the worst findings that fit into a state item. Returns a note about the
    /// number of removed findings.
    fn bounded(&mut self) -> Option<String> {
        let mut room = bounds::VERDICT;
        let mut more = 0;
        for list in [
            &mut self.findings,
            &mut self.still_open,
            &mut self.to_revoke,
            &mut self.late,
            &mut self.unsure,
            &mut self.resolved,
        ] {
            list.iter_mut().for_each(bounds::shorten);
            more += bounds::keep(list, &mut room).len();
        }
        match more {
            0 => None,
            1 => Some("1 more finding is not listed: there are too many.".to_owned()),
            more => Some(format!(
                "{more} more findings are not listed: there are too many."
            )),
        }
    }

    /// Returns the verdict on `review`. Code decides, not a model: a finding that blocks under the
    /// policy requests changes, new or old, and so does a score below the policy's minimum. The
    /// score counts the open findings that are listed. Findings below a minimum, unsure or unproven
    /// do not lower it, because the author is not asked to fix them.
    pub(super) fn verdict(
        mut self,
        second_look: Option<&SecondLookItem>,
        review: &ReviewItem,
        missing: Vec<Category>,
        now: Timestamp,
    ) -> Verdict {
        let mut notes = second_look::notes(&self.to_prove(), second_look);
        if let Some(second_look) = second_look {
            let new = [&mut self.findings, &mut self.late];
            let doubted = new.map(|new| second_look::unproven(new, second_look));
            self.doubt(doubted.into_iter().flatten());
        }
        let open = || self.findings.iter().chain(&self.still_open);
        let scored: Vec<_> = open().chain(&self.late).collect();
        let quality_score = score::quality(&review.reports, &scored);
        let rule = review.policy.block_rule();
        let blocks = open().any(|finding| finding.blocks(&rule));
        let event = match blocks || review.policy.is_score_too_low(quality_score) {
            true => ReviewEvent::RequestChanges,
            false => ReviewEvent::Comment,
        };
        notes.extend(self.bounded());
        Verdict {
            decided_at: now,
            event,
            quality_score,
            findings: self.findings,
            unsure: self.unsure,
            unproven: self.unproven,
            missing,
            late: self.late,
            still_open: self.still_open,
            resolved: self.resolved,
            to_revoke: self.to_revoke,
            since: self.since,
            below_floor: self.below_floor,
            notes,
            usage: second_look.and_then(|second_look| second_look.usage.clone()),
        }
    }
}
