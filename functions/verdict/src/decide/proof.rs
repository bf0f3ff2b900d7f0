//! The second look: which findings need one, and what it makes of them.

use super::Earlier;
use review::Finding;
use review::item::ProofItem;

/// What a verdict says that did not wait for it.
const NO_TIME: &str = "There was no time for a second look at what the model found.";

/// Whether a line of the change has to prove it: a model alone has found it. Without
/// a fingerprint nobody could say which it is; it is told as it is.
pub(super) fn needs_proof(finding: &Finding) -> bool {
    !finding.is_by_rules() && finding.fingerprint.is_some()
}

/// Takes what no line proves out of `findings`, with the reason. What was not looked
/// at stays.
pub(super) fn unproven(findings: &mut Vec<Finding>, proof: &ProofItem) -> Vec<Finding> {
    let mut taken = Vec::new();
    findings.retain_mut(|finding| {
        let Some(why) = reason(finding, proof) else {
            return true;
        };
        finding.message = format!("{} (Not proven: {why}.)", finding.message);
        taken.push(finding.clone());
        false
    });
    taken
}

/// `finding`, with what was said of it then, if no line proved it in an earlier review
/// and its lines are as they were: it is not put to the proof again.
pub(super) fn still_unproven(finding: &Finding, earlier: &Earlier) -> Option<Finding> {
    let known = finding.fingerprint.as_ref()?;
    let is_doubted = finding.reviewed_before && earlier.verdict.unproven.contains(known);
    let same = |then: &&Finding| {
        needs_proof(then) && then.fingerprint.as_ref() == Some(known) && then.title == finding.title
    };
    let then = earlier.verdict.unsure.iter().find(same)?;
    (needs_proof(finding) && is_doubted).then(|| Finding {
        message: then.message.clone(),
        ..finding.clone()
    })
}

fn reason<'a>(finding: &Finding, proof: &'a ProofItem) -> Option<&'a str> {
    let known = finding.fingerprint.as_ref()?;
    let is_unproven = needs_proof(finding) && !proof.proven.contains_key(known);
    let reason = proof.unproven.get(known).map(String::as_str);
    reason.filter(|_| is_unproven)
}

/// What people should know of it, where `to_prove` needed it.
pub(super) fn notes(to_prove: &[Finding], proof: Option<&ProofItem>) -> Vec<String> {
    let Some(proof) = proof else {
        let missed = !to_prove.is_empty();
        return missed.then(|| NO_TIME.to_owned()).into_iter().collect();
    };
    let mut notes = proof.notes.clone();
    let known = to_prove.iter().filter_map(|it| it.fingerprint.as_ref());
    let left =
        known.filter(|it| !proof.proven.contains_key(it) && !proof.unproven.contains_key(it));
    match left.count() {
        0 => {}
        1 => notes.push("The model did not look a second time at one finding.".to_owned()),
        left => notes.push(format!(
            "The model did not look a second time at {left} findings."
        )),
    }
    notes
}
