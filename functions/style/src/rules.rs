//! What the style specialist looks for: what its author would not have left in,
//! had they looked once more. Taste, line lengths of linters and the like are not
//! among it.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a rule names the languages that it knows; all others are not its subject"
)]

mod leftovers;
mod prints;
mod reading;

use review::rules::{Finds, Reads, Rule, RuleReviewer};
use review::{Category, Confidence, Severity};

/// The reviewer of these rules.
pub fn reviewer() -> RuleReviewer {
    RuleReviewer::new(Category::Style, RULES)
}

const RULES: &[Rule] = &[
    leftovers::MERGE_MARKER,
    leftovers::DEBUGGER,
    prints::DEBUG_PRINT,
    prints::PYTHON_PRINT,
    prints::JAVA_PRINT,
    leftovers::STRAY_FILE,
    reading::TODO,
    reading::COMMENTED_OUT,
    reading::MIXED_INDENTATION,
    reading::LONG_LINE,
];

/// What most rules have in common.
const fn rule(id: &'static str, severity: Severity, percent: u8, message: &'static str) -> Rule {
    Rule {
        id,
        severity,
        confidence: Confidence::percent(percent),
        message,
        reads: Reads::Programs,
        finds: Finds::Lines(|_| false),
    }
}

/// A table of examples: (rule, why, path, text, whether it is found).
#[cfg(test)]
fn check(rows: &[(Rule, &str, &str, &str, bool)]) {
    for (rule, why, path, text, hit) in rows {
        let found = !rule.lines_of(path, text).is_empty();
        assert_eq!(found, *hit, "{}: {why}\n{text}", rule.id);
    }
}
