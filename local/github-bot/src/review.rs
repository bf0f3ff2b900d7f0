//! `review`: reviews a diff from standard input and prints the findings.

use crate::git::GitOutput;
use anstyle::{AnsiColor, Style};
use diff::{Diff, FileDiff, LineKind, OmissionReason, OmittedFile};
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

/// Input that no review can read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The text is not a diff.
    #[error(
        "standard input is no diff: expected the output of git diff, such as git diff main | github-bot review -"
    )]
    NoDiff,
    /// No file of the diff could be read.
    #[error(
        "no file of the diff could be read: {}. Expected the output of git diff; a combined diff of a merge and a word diff are not supported",
        paths(.0)
    )]
    Unread(Vec<OmittedFile>),
}

fn paths(files: &[OmittedFile]) -> String {
    let each = |file: &OmittedFile| format!("{} ({})", file.path, file.why);
    files.iter().map(each).collect::<Vec<_>>().join(", ")
}

/// Findings of all reviewers in a diff.
#[derive(Debug, Default)]
pub struct Review {
    /// Findings, the worst first.
    pub findings: Vec<Finding>,
    /// Files and lines that the rules read.
    pub coverage: Coverage,
    /// Reviewers that failed, each with its reason, and their remarks.
    pub notes: Vec<String>,
    /// True if a finding blocks merging.
    pub is_blocking: bool,
}

/// Reads the output of a git command that prints a diff, such as `git diff` or `git show`.
///
/// # Errors
/// [`ReadError`] if the text is not blank and no file could be read. A diff of only binary files
/// and submodules is not an error.
pub fn read(text: &str) -> Result<Diff, ReadError> {
    let output = GitOutput::read(text);
    let mut diff = diff::parse(&output.diff);
    let (files, unchanged): (Vec<_>, Vec<_>) = diff.files.into_iter().partition(has_changes);
    diff.files = files;
    let unchanged = unchanged.into_iter().map(|file| file.path);
    let unread = unchanged.chain(output.combined).map(|path| OmittedFile {
        path,
        why: OmissionReason::Malformed,
    });
    diff.left_out.extend(unread);
    let is_unread = |file: &OmittedFile| {
        matches!(
            file.why,
            OmissionReason::Malformed | OmissionReason::TooLarge
        )
    };
    match (diff.files.is_empty(), diff.left_out.is_empty()) {
        (true, true) if !text.trim().is_empty() => Err(ReadError::NoDiff),
        (true, false) if diff.left_out.iter().any(is_unread) => {
            Err(ReadError::Unread(diff.left_out))
        }
        _ => Ok(diff),
    }
}

/// Returns whether every hunk has an added or removed line. The hunks of a word diff have none.
fn has_changes(file: &FileDiff) -> bool {
    let mut hunks = file.hunks.iter();
    hunks.all(|hunk| hunk.lines.iter().any(|line| line.kind != LineKind::Context))
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
    let rule = policy.block_rule();
    review.findings = merged(found, &rule);
    review.findings.sort_by(|a, b| a.rank().cmp(&b.rank()));
    // A finding of only a model had no second look, so it does not block.
    let mut findings = review.findings.iter();
    review.is_blocking = findings.any(|it| it.blocks(&rule) && it.is_by_rules());
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
    let result = match (review.findings.len(), review.is_blocking) {
        (0, _) => "Nothing found".to_owned(),
        (count, blocks) => format!(
            "{count} finding{}{}",
            if count == 1 { "" } else { "s" },
            if blocks { ", merging is blocked" } else { "" }
        ),
    };
    let read = review.coverage.files_read;
    let files = if read == 1 { "file" } else { "files" };
    let unread = match review.coverage.left_out.len() {
        0 => String::new(),
        unread => format!(", {unread} not read"),
    };
    let _ = writeln!(out, "{TITLE}{result}{TITLE:#}, {read} {files} read{unread}");
    out
}

/// Renders the reviewers' remarks and the files that were not read as coloured text, for standard
/// error.
pub fn remarks(review: &Review) -> String {
    let mut out = String::new();
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
    out
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Critical | Severity::High => AnsiColor::Red.on_default().bold(),
        Severity::Medium => AnsiColor::Yellow.on_default(),
        Severity::Low | Severity::Info => AnsiColor::Cyan.on_default(),
    }
}
