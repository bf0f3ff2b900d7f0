//! All reports together, as the policy wants them told.

use super::{Earlier, proof, rounds};
use crate::score;
use events::Timestamp;
use github::HeadSha;
use github::port::ReviewEvent;
use proof::still_unproven;
use review::item::{CheckReport, ProofItem, ReviewItem, Verdict};
use review::{Category, Finding, Fingerprint, bounds};
use rounds::Open;
use std::collections::{BTreeMap, BTreeSet};

/// What was found, each where it is told.
#[derive(Debug, Default)]
pub(super) struct Joined {
    since: Option<HeadSha>,
    findings: Vec<Finding>,
    unsure: Vec<Finding>,
    unproven: BTreeSet<Fingerprint>,
    late: Vec<Finding>,
    still_open: Vec<Finding>,
    resolved: Vec<Finding>,
    below_floor: u32,
}

impl Joined {
    /// The reports of `review`: what several say made one, without what is below the
    /// policy's floors, new and old apart. What was told before is told on, however
    /// sure its reader still is; what stands against merging is above every floor.
    pub(super) fn of(review: &ReviewItem, earlier: Option<&Earlier>) -> Self {
        let earlier = earlier.filter(|it| review.previous.as_ref() == Some(&it.head_sha));
        let mut open = Open::of(earlier);
        let mut joined = Self {
            since: earlier.map(|it| it.head_sha.clone()),
            ..Self::default()
        };
        let reports = review.reports.values();
        let found = reports.flat_map(|report| &report.findings);
        for finding in review::merged(found.cloned()) {
            let before = open.take(&finding);
            let was_open = before.is_some();
            let finding = match before {
                Some(before) => rounds::still_open(&before, finding),
                None => finding,
            };
            let is_trifle = finding.severity < review.policy.severity_floor;
            let is_unsure = finding.confidence < review.policy.confidence_floor;
            if is_trifle && !finding.blocks() {
                joined.below_floor = joined.below_floor.saturating_add(1);
            } else if was_open {
                joined.still_open.push(finding);
            } else if is_unsure && !finding.blocks() {
                joined.unsure.push(finding);
            } else if let Some(doubted) = earlier.and_then(|it| still_unproven(&finding, it)) {
                joined.doubt([doubted]);
            } else if earlier.is_some_and(|it| rounds::is_late(&finding, it)) {
                joined.late.push(finding);
            } else {
                joined.findings.push(finding);
            }
        }
        let (still_open, resolved) = open.rest(&review.reports);
        joined.still_open.extend(still_open);
        joined.still_open.sort_by(|a, b| a.rank().cmp(&b.rank()));
        joined.resolved = resolved;
        joined.resolved.sort_by(|a, b| a.rank().cmp(&b.rank()));
        joined
    }

    /// Lists what no line proves.
    fn doubt(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            self.unproven.extend(finding.fingerprint.clone());
            self.unsure.push(finding);
        }
        self.unsure.sort_by(|a, b| a.rank().cmp(&b.rank()));
    }

    /// What is new and has to be proven, worst first.
    pub(super) fn to_prove(&self) -> Vec<Finding> {
        let new = self.findings.iter().chain(&self.late);
        let mut all: Vec<_> = new.filter(|it| proof::needs_proof(it)).cloned().collect();
        all.sort_by(|a, b| a.rank().cmp(&b.rank()));
        all
    }

    /// Of each list the worst, as much as a state item holds; then in words how many
    /// were left away.
    fn bounded(&mut self) -> Option<String> {
        let mut room = bounds::VERDICT;
        let mut more = 0;
        for list in [
            &mut self.findings,
            &mut self.still_open,
            &mut self.late,
            &mut self.unsure,
            &mut self.resolved,
        ] {
            list.iter_mut().for_each(bounds::shorten);
            more += bounds::keep(list, &mut room).len();
        }
        match more {
            0 => None,
            1 => Some("One more finding is not kept: there are too many.".to_owned()),
            more => Some(format!(
                "{more} more findings are not kept: there are too many."
            )),
        }
    }

    /// Code decides: a security finding that is bad and certain stands against
    /// merging, new or old, everything else is advice. The score is of all that stands
    /// open and is told; what is below a floor, unsure or unproven takes nothing from
    /// it, as nobody is asked to mend it.
    pub(super) fn verdict(
        mut self,
        proof: Option<&ProofItem>,
        reports: &BTreeMap<Category, CheckReport>,
        missing: Vec<Category>,
        now: Timestamp,
    ) -> Verdict {
        let mut notes = proof::notes(&self.to_prove(), proof);
        if let Some(proof) = proof {
            let new = [&mut self.findings, &mut self.late];
            let doubted = new.map(|new| proof::unproven(new, proof));
            self.doubt(doubted.into_iter().flatten());
        }
        let open = || self.findings.iter().chain(&self.still_open);
        let event = if open().any(Finding::blocks) {
            ReviewEvent::RequestChanges
        } else {
            ReviewEvent::Comment
        };
        let scored: Vec<_> = open().chain(&self.late).collect();
        let quality_score = score::quality(reports, &scored);
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
            since: self.since,
            below_floor: self.below_floor,
            notes,
            usage: proof.and_then(|proof| proof.usage.clone()),
        }
    }
}
