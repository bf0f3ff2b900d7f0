//! The second look: the findings that need one, and its result.

use super::rounds::EarlierReview;
use review::Finding;
use review::item::SecondLookItem;

/// Note of a verdict that did not wait for the second look.
const NO_TIME: &str = "The second look did not finish in time. The model's findings are unproven.";

/// Returns whether a line of the change must prove the finding: only a model found it. A finding
/// without a fingerprint cannot be identified later and is listed without proof.
pub(super) fn needs_second_look(finding: &Finding) -> bool {
    !finding.is_by_rules() && finding.fingerprint.is_some()
}

/// Removes the findings that no line proves from `findings`, and adds the reason to each. Findings
/// that the second look did not cover remain.
pub(super) fn unproven(findings: &mut Vec<Finding>, second_look: &SecondLookItem) -> Vec<Finding> {
    let mut taken = Vec::new();
    findings.retain_mut(|finding| {
        let Some(why) = reason(finding, second_look) else {
            return true;
        };
        finding.message = format!("{} (Not proven: {why}.)", finding.message);
        taken.push(finding.clone());
        false
    });
    taken
}

/// Returns `finding` with its earlier message if an earlier review did not prove it and its lines
/// are unchanged. Such a finding gets no other second look.
pub(super) fn still_unproven(finding: &Finding, earlier: &EarlierReview) -> Option<Finding> {
    let known = finding.fingerprint.as_ref()?;
    let is_doubted = finding.reviewed_before && earlier.verdict.unproven.contains(known);
    let same = |then: &&Finding| {
        needs_second_look(then)
            && then.fingerprint.as_ref() == Some(known)
            && then.title == finding.title
    };
    let then = earlier.verdict.unsure.iter().find(same)?;
    (needs_second_look(finding) && is_doubted).then(|| Finding {
        message: then.message.clone(),
        ..finding.clone()
    })
}

fn reason<'a>(finding: &Finding, second_look: &'a SecondLookItem) -> Option<&'a str> {
    let known = finding.fingerprint.as_ref()?;
    let is_unproven = needs_second_look(finding) && !second_look.proven.contains_key(known);
    let reason = second_look.unproven.get(known).map(String::as_str);
    reason.filter(|_| is_unproven)
}

/// Returns the notes about the second look for the author, if `to_prove` needed one.
pub(super) fn notes(to_prove: &[Finding], second_look: Option<&SecondLookItem>) -> Vec<String> {
    let Some(second_look) = second_look else {
        let missed = !to_prove.is_empty();
        return missed.then(|| NO_TIME.to_owned()).into_iter().collect();
    };
    let mut notes = second_look.notes.clone();
    let known = to_prove.iter().filter_map(|it| it.fingerprint.as_ref());
    let left = known.filter(|it| {
        !second_look.proven.contains_key(it) && !second_look.unproven.contains_key(it)
    });
    match left.count() {
        0 => {}
        1 => notes.push("The second look did not cover 1 finding.".to_owned()),
        left => notes.push(format!("The second look did not cover {left} findings.")),
    }
    notes
}
