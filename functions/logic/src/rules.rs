//! Rules of the logic specialist: code whose behaviour differs from its appearance, and
//! tests that cannot fail.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a rule names the languages that it knows; all others are not its subject"
)]

mod conditions;
mod errors;
mod flow;
mod sorting;
mod sql;
mod tests_kept;

use review::rules::{Finds, Reads, Rule, RuleReviewer};
use review::{Category, Confidence, Severity};

/// Returns the reviewer with these rules.
pub fn reviewer() -> RuleReviewer {
    RuleReviewer::new(Category::Logic, RULES)
}

const RULES: &[Rule] = &[
    errors::SWALLOWED,
    errors::DROPPED,
    conditions::NAN,
    conditions::IS_LITERAL,
    conditions::ASSIGNMENT,
    conditions::SAME_ON_BOTH_SIDES,
    conditions::EMPTY_IF,
    conditions::ASSERTED_TUPLE,
    flow::MUTABLE_DEFAULT,
    flow::ASYNC_FOR_EACH,
    flow::UNREACHABLE,
    flow::UNFINISHED,
    flow::LOCALHOST,
    sorting::SORTED_AS_TEXT,
    sql::EVERY_ROW,
    tests_kept::FOCUSED,
    tests_kept::DISABLED,
    tests_kept::SLEEP,
    tests_kept::DELETED,
    tests_kept::MISSING,
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
