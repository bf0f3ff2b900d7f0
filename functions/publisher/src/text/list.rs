//! Lists of findings.

use super::counted;
use super::markdown::{code, plain};
use review::{BlockRule, Finding};
use std::fmt::Write;

/// Returns one line per finding, with its place. Names the findings that block under `rule`.
pub(super) fn listed<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
    rule: &BlockRule,
) -> String {
    let mut list = String::new();
    for finding in findings {
        let place = code(&finding.place());
        let (severity, message) = (finding.severity, plain(&finding.message));
        let blocks = match finding.blocks(rule) {
            true => ", blocks merging",
            false => "",
        };
        let _ = writeln!(list, "- {place} **{severity}{blocks}** {message}");
    }
    list
}

/// Returns the list behind a click on `3 findings {which}`, or an empty text without findings.
pub(super) fn folded(which: &str, findings: &[&Finding], rule: &BlockRule) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let count = counted(findings.len(), "finding");
    let list = listed(findings.iter().copied(), rule);
    behind(&format!("{count} {which}"), &list)
}

/// Returns `list` behind a click on `what`.
pub(super) fn behind(what: &str, list: &str) -> String {
    format!("<details><summary>{what}</summary>\n\n{list}\n</details>\n\n")
}
