//! A rule of your own: it reports a debugger statement that was left in. The bot has its rules in
//! `functions/{security,style,logic}/src/rules`. Run this one with
//! `cargo run -p examples --example rule`.

use review::rules::{Finds, Language, Reads, Rule, RuleReviewer};
use review::{Category, Confidence, Severity};
use std::error::Error;

const DEBUGGER: Rule = Rule {
    id: "debugger-left",
    severity: Severity::Medium,
    confidence: Confidence::percent(95),
    message: "This stops the program in a debugger. Remove it before the merge.",
    reads: Reads::Languages(&[Language::JavaScript]),
    finds: Finds::Lines(|spot| spot.code().trim_end_matches(';').trim() == "debugger"),
};

static RULES: &[Rule] = &[DEBUGGER];

pub fn main() -> Result<(), Box<dyn Error>> {
    for (why, path, line, is_found) in [
        ("a statement", "a.js", "debugger;", true),
        ("in a text", "a.js", "log('debugger');", false),
        ("another language", "a.py", "debugger", false),
    ] {
        assert_eq!(!DEBUGGER.lines_of(path, line).is_empty(), is_found, "{why}");
    }
    let diff = "diff --git a/a.js b/a.js\n--- a/a.js\n+++ b/a.js\n@@ -0,0 +1 @@\n+debugger;\n";
    let report = RuleReviewer::new(Category::Style, RULES).report(&diff::parse(diff));
    let finding = report.findings.first().ok_or("no finding")?;
    println!("{}:{}: {}", finding.path, finding.line, finding.message);
    Ok(())
}
