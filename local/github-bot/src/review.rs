//! `review`: reviews a diff from standard input and prints the findings.

use anstyle::{AnsiColor, Style};
use diff::Diff;
use events::{Clock, Entropy};
use model_client::Model;
use policy::{Attributes, Policy};
use review::{Change, Coverage, Finding, ReviewError, Severity, merged};
use serde_json::json;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

/// Time limit of each reviewer.
const PATIENCE: Duration = Duration::from_secs(180);

const TITLE: Style = Style::new().bold();
const QUIET: Style = AnsiColor::BrightBlack.on_default();

/// Text that is not a diff.
#[derive(Debug, thiserror::Error)]
#[error(
    "standard input is no diff: expected the output of git diff, such as git diff main | github-bot review -"
)]
pub struct NoDiff;

/// Findings of all reviewers in a diff.
#[derive(Debug, Default)]
pub struct Review {
    /// Findings, the worst first.
    pub findings: Vec<Finding>,
    /// Files and lines that the rules read.
    pub coverage: Coverage,
    /// Reviewers that failed, each with its reason, and their remarks.
    pub notes: Vec<String>,
}

impl Review {
    /// Returns whether a finding blocks merging. A finding of only a model does not: it had no
    /// second look.
    pub fn blocks(&self) -> bool {
        self.findings
            .iter()
            .any(|it| it.blocks() && it.is_by_rules())
    }
}

/// Reads a diff.
///
/// # Errors
/// [`NoDiff`] if the text is neither blank nor a diff.
pub fn read(text: &str) -> Result<Diff, NoDiff> {
    let diff = diff::parse(text);
    match diff.files.is_empty() && !text.trim().is_empty() && !text.contains("diff --git ") {
        true => Err(NoDiff),
        false => Ok(diff),
    }
}

/// Reviews `diff` with the rules and, if there is one, the model, under the deployment's `policy`.
#[expect(clippy::expect_used, reason = "constant names")]
pub async fn review(
    diff: &Diff,
    policy: &Policy,
    model: Option<&Arc<dyn Model>>,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> Review {
    let diff = diff.clone().narrowed_to(|path| policy.wants(path));
    let change = Change {
        pr: &"standard/input#1".parse().expect("a pull request"),
        head_sha: &"0".repeat(40).parse().expect("a commit"),
        diff: &diff,
        touched: None,
        policy,
        attributes: &Attributes::default(),
        languages: &[],
        deadline: clock.now() + PATIENCE,
    };
    let mut review = Review::default();
    let mut found = Vec::new();
    for (name, reviewer) in local_functions::reviewers(model, clock, entropy) {
        match reviewer.review(&change).await {
            Ok(report) => {
                found.extend(report.findings);
                review.notes.extend(report.notes);
                if review.coverage == Coverage::default() {
                    review.coverage = report.coverage;
                }
            }
            Err(error) => review.notes.push(failure(name, &error)),
        }
    }
    review.findings = merged(found);
    review.findings.sort_by(|a, b| a.rank().cmp(&b.rank()));
    review
}

fn failure(name: &str, error: &ReviewError) -> String {
    format!("No answer of the {name}: {error}.")
}

/// Renders the review as one JSON object per finding: `path`, `line`, `rule`, `category`,
/// `severity`, `confidence` (percent), `message`.
pub fn json(review: &Review) -> String {
    let line = |finding: &Finding| {
        let object = json!({
            "path": finding.path,
            "line": finding.line,
            "rule": finding.rule,
            "category": finding.category,
            "severity": finding.severity,
            "confidence": finding.confidence,
            "message": finding.message,
        });
        format!("{object}\n")
    };
    review.findings.iter().map(line).collect()
}

/// Renders the review as coloured text.
pub fn text(review: &Review) -> String {
    let mut out = String::new();
    for finding in &review.findings {
        let style = style(finding.severity);
        let _ = writeln!(
            out,
            "{TITLE}{}{TITLE:#}  {style}{}{style:#} {} `{}` ({}% sure)\n  {}\n",
            finding.place(),
            finding.severity,
            finding.category,
            finding.rule,
            finding.confidence.as_percent(),
            finding.message
        );
    }
    for note in &review.notes {
        let _ = writeln!(out, "{QUIET}{note}{QUIET:#}");
    }
    for file in &review.coverage.left_out {
        let _ = writeln!(
            out,
            "{QUIET}not read: {} ({}){QUIET:#}",
            file.path, file.why
        );
    }
    let result = match (review.findings.len(), review.blocks()) {
        (0, _) => "Nothing found".to_owned(),
        (count, blocks) => format!(
            "{count} finding{}{}",
            if count == 1 { "" } else { "s" },
            if blocks { ", merging is blocked" } else { "" }
        ),
    };
    let read = review.coverage.files_read;
    let files = if read == 1 { "file" } else { "files" };
    let _ = writeln!(out, "{TITLE}{result}{TITLE:#}, {read} {files} read");
    out
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Critical | Severity::High => AnsiColor::Red.on_default().bold(),
        Severity::Medium => AnsiColor::Yellow.on_default(),
        Severity::Low | Severity::Info => AnsiColor::Cyan.on_default(),
    }
}
