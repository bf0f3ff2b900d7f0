//! Rules of the style specialist: code that its author would have changed on a second
//! reading. The rules exclude taste and the checks of linters, such as line length.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a rule names the languages that it knows; all others are not its subject"
)]

mod leftovers;
mod prints;
mod reading;

use review::rules::{Finds, Reads, Rule, RuleReviewer};
use review::{Category, Confidence, Severity};

/// Returns the reviewer with these rules.
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

/// Creates a rule with the defaults of most rules.
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

/// Table of examples: (rule, reason, path, text, whether the rule matches).
#[cfg(test)]
fn check(rows: &[(Rule, &str, &str, &str, bool)]) {
    for (rule, why, path, text, hit) in rows {
        let found = !rule.lines_of(path, text).is_empty();
        assert_eq!(found, *hit, "{}: {why}\n{text}", rule.id);
    }
}
