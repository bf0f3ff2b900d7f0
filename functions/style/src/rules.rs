//! Rules of the style specialist: code that its author would have changed on a second
//! reading. The rules exclude taste and the checks of linters, such as line length.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a rule names the languages that it knows; all others are not its subject"
)]

mod leftovers;
mod prints;
mod reading;

use review::Category;
use review::rules::{Rule, RuleReviewer};

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

#[cfg(test)]
mod tests {
    #[test]
    fn page_lists_every_rule() {
        review::rules::check_page(super::RULES);
    }
}
