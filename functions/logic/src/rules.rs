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

use review::Category;
use review::rules::{Rule, RuleReviewer};

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

#[cfg(test)]
mod tests {
    #[test]
    fn page_lists_every_rule() {
        review::rules::check_page(super::RULES);
    }
}
