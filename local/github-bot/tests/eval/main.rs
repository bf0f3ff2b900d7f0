//! Evaluation: cases, scoring and output.

mod by_hand;
mod cases;
mod command;
mod figures;
mod live;
mod recorded;
mod recording;
mod replies;
mod scoring;

use eval::{Case, Evaluation, text};
use review::{Category, Confidence, Finding, Severity};

fn built_in() -> Vec<Case> {
    Case::load(None).expect("the built-in cases are valid")
}

/// Renders the evaluation without colours.
fn plain(evaluation: &Evaluation) -> String {
    anstream::adapter::strip_str(&text(evaluation)).to_string()
}

/// Panics unless docs/evaluation.md contains the text of `expected` before its lists.
fn page_shows(expected: &str) {
    let page = include_str!("../../../../docs/evaluation.md");
    let lists = ["\nFailed\n", "\nMissed\n", "\nFalse\n"];
    let first = lists.iter().filter_map(|list| expected.find(list)).min();
    let table = expected[..first.unwrap_or(expected.len())].trim();
    assert!(
        page.contains(table),
        "docs/evaluation.md must hold:\n{table}"
    );
}

fn finding(path: &str, line: u32, category: Category) -> Finding {
    Finding {
        path: path.to_owned(),
        line,
        severity: Severity::High,
        category,
        rule: "a-rule".to_owned(),
        message: "It is wrong.".to_owned(),
        confidence: Confidence::percent(80),
        start_line: None,
        title: None,
        suggestion: None,
        by: Vec::new(),
        fingerprint: None,
        also: vec![],
        reviewed_before: false,
        side: review::Side::Right,
    }
}
