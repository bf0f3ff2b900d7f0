//! Validates a model's answer.

use crate::prompt::Part;
use crate::shape::in_form;
use diff::Diff;
use model_client::{Schema, Shape, Usage as ModelUsage};
use review::{Category, Confidence, Finding, MODEL, Severity, Side, Usage};
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// Maximum findings of one answer.
const MOST_FINDINGS: usize = 20;
/// Maximum paths in a schema. Endpoints limit its size.
const MOST_NAMED: usize = 250;
/// Maximum length of a path that the schema does not list.
const LONGEST_PATH: usize = 4_096;
/// Maximum line number.
const MOST_LINES: u32 = 10_000_000;
/// Maximum lines of one finding. A longer finding is placed at its last line.
const LONGEST_RANGE: u32 = 50;
/// Maximum characters of each text. Longer texts are cut.
const LONGEST_TITLE: usize = 120;
const LONGEST_EXPLANATION: usize = 1_500;
const LONGEST_SUGGESTION: usize = 2_000;

/// Validated answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ValidAnswer {
    pub(crate) findings: Vec<Finding>,
    pub(crate) score: Option<u8>,
    pub(crate) unbelieved: RejectionCounts,
    /// The reply was nothing else ([`Answer::is_exact`](model_client::Answer)).
    pub(crate) is_exact: bool,
}

/// Numbers of rejected findings, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RejectionCounts {
    /// Findings on lines that the model was not shown.
    pub(crate) astray: u32,
    /// Findings beyond the maximum of one answer.
    pub(crate) too_many: u32,
}

impl RejectionCounts {
    pub(crate) fn add(&mut self, other: Self) {
        self.astray = self.astray.saturating_add(other.astray);
        self.too_many = self.too_many.saturating_add(other.too_many);
    }

    /// Renders one sentence per reason.
    pub(crate) fn notes(self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.astray > 0 {
            notes.push(format!(
                "{} of its findings were on lines that it was not shown and are omitted.",
                self.astray
            ));
        }
        if self.too_many > 0 {
            notes.push(format!(
                "{} of its findings exceeded the limit of {MOST_FINDINGS} per answer and are omitted.",
                self.too_many
            ));
        }
        notes
    }
}

/// Builds the schema of an answer about `part`: flat, bounded, with the allowed paths. The severity
/// of a finding comes after its text.
pub(crate) fn schema(part: &Part) -> Schema {
    let one_of = |texts: &[&str]| Shape::OneOf(texts.iter().map(|&text| text.into()).collect());
    let line = || Shape::Integer(1..=MOST_LINES);
    // Two names may have the same displayed form.
    let paths: BTreeSet<String> = part.files.keys().map(|path| shown(path)).collect();
    let path = match paths.len() > MOST_NAMED {
        true => Shape::Text(LONGEST_PATH),
        false => Shape::Named(paths.into_iter().collect()),
    };
    let finding = Shape::Object(vec![
        ("path", path),
        ("side", one_of(&["RIGHT", "LEFT"])),
        ("start_line", line()),
        ("line", line()),
        ("title", Shape::Text(LONGEST_TITLE)),
        ("explanation", Shape::Text(LONGEST_EXPLANATION)),
        (
            "severity",
            one_of(&["info", "low", "medium", "high", "critical"]),
        ),
        ("confidence", Shape::Integer(0..=100)),
        ("suggestion", Shape::Text(LONGEST_SUGGESTION)),
    ]);
    Schema::new(
        "review",
        vec![
            ("findings", Shape::List(Box::new(finding), MOST_FINDINGS)),
            ("quality_score", Shape::Integer(1..=10)),
        ],
    )
}

/// Returns the usage without the model's name, or `None` if it is unknown or zero.
pub(crate) fn paid(spent: &ModelUsage) -> Option<Usage> {
    (spent.total() > 0).then_some(Usage {
        prompt_tokens: spent.prompt_tokens,
        cached_tokens: spent.cached_tokens,
        completion_tokens: spent.completion_tokens,
        micro_dollars: spent.micro_dollars,
    })
}

/// Returns the displayed form of a path. A file name is untrusted text.
pub(crate) fn shown(path: &str) -> String {
    let line: String = path
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    secrets::mask(&crate::prompt::strip(&line)).into_owned()
}

/// Required fields of an answer.
#[derive(Deserialize)]
struct RawAnswer {
    findings: Vec<Value>,
    #[serde(default)]
    quality_score: Option<Value>,
}

/// Required fields of a finding.
#[derive(Deserialize)]
struct RawFinding {
    path: String,
    #[serde(default)]
    side: Side,
    #[serde(default)]
    start_line: Option<i64>,
    line: i64,
    severity: Severity,
    #[serde(default)]
    confidence: Option<f64>,
    #[serde(default)]
    title: String,
    explanation: String,
    #[serde(default)]
    suggestion: Option<String>,
}

/// Checks the form of an answer. The error is sent to the model once.
pub(crate) fn check(value: &Value) -> Result<(), String> {
    let value = in_form(value);
    let said = RawAnswer::deserialize(value).map_err(|error| error.to_string())?;
    for (index, finding) in said.findings.iter().enumerate() {
        let finding = RawFinding::deserialize(finding);
        let finding = finding.map_err(|error| format!("findings[{index}]: {error}"))?;
        if finding.explanation.trim().is_empty() {
            return Err(format!("findings[{index}]: explanation is empty"));
        }
    }
    Ok(())
}

/// Validates an answer about `part`. Accepts findings on lines of the change that the model was
/// shown, and removes secrets and invisible characters.
pub(crate) fn read(
    value: &Value,
    part: &Part,
    diff: &Diff,
    category: Category,
    model: &str,
) -> ValidAnswer {
    let mut believed = ValidAnswer::default();
    let Ok(said) = RawAnswer::deserialize(in_form(value)) else {
        return believed;
    };
    let score = said.quality_score.as_ref().and_then(Value::as_f64);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is clamped to 1 to 10"
    )]
    let rounded = score.map(|score| score.clamp(1.0, 10.0).round() as u8);
    believed.score = rounded;
    for finding in said.findings.iter().take(MOST_FINDINGS) {
        let finding = RawFinding::deserialize(finding).ok();
        match finding.and_then(|said| finding_of(said, part, diff, category, model)) {
            Some(finding) => believed.findings.push(finding),
            None => believed.unbelieved.astray += 1,
        }
    }
    let more = said.findings.len().saturating_sub(MOST_FINDINGS);
    believed.unbelieved.too_many = u32::try_from(more).unwrap_or(u32::MAX);
    believed
}

fn finding_of(
    said: RawFinding,
    part: &Part,
    diff: &Diff,
    category: Category,
    model: &str,
) -> Option<Finding> {
    let line = u32::try_from(said.line).ok()?;
    let side = said.side;
    // The model may repeat the path from the change, with invisible characters escaped.
    let said_path = shown(&said.path);
    // The model may repeat the path with a diff's prefix.
    let plain = said_path
        .strip_prefix("b/")
        .or_else(|| said_path.strip_prefix("a/"));
    let named = |name: &str| {
        let mut paths = part.files.keys().filter(|path| shown(path) == name);
        paths.find(|path| part.shows(path, line, side))
    };
    let path = named(&said_path).or_else(|| named(plain?))?;
    // Deleted lines cannot be replaced, so they get no range.
    let start = said.start_line.filter(|_| side.is_right());
    let start = start.and_then(|start| u32::try_from(start).ok());
    let is_range = |start: &u32| {
        let short = line.saturating_sub(*start) < LONGEST_RANGE;
        let mut lines = *start..=line;
        short && diff.has_range(path, *start, line) && lines.all(|it| part.shows(path, it, side))
    };
    let start_line = start.filter(is_range);
    // A wrong range would replace the wrong lines.
    let meant =
        side.is_right() && start.is_none_or(|start| start == line || Some(start) == start_line);
    let suggestion = said.suggestion.filter(|_| meant);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is clamped to 0 to 100"
    )]
    let percent = said.confidence.unwrap_or(50.0).clamp(0.0, 100.0) as u8;
    Some(Finding {
        path: path.clone(),
        start_line,
        line,
        side,
        severity: said.severity,
        category,
        rule: MODEL.to_owned(),
        title: Some(text(&said.title, LONGEST_TITLE)).filter(|title| !title.is_empty()),
        message: text(&said.explanation, LONGEST_EXPLANATION),
        suggestion: suggestion
            .and_then(|code| replacement(&code))
            .filter(|code| replaces(code, diff, path, start_line.unwrap_or(line)..=line)),
        confidence: Confidence::percent(percent),
        by: vec![model.to_owned()],
        fingerprint: None,
        also: vec![],
        reviewed_before: false,
    })
}

/// Returns one line without invisible characters and secrets, cut to the maximum length.
pub(crate) fn text(said: &str, longest: usize) -> String {
    let line: String = said
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .collect();
    let shown = crate::prompt::strip(line.trim());
    let masked = secrets::mask(&shown);
    cut(&masked, longest)
}

fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Returns true if `code` differs from `lines` and can replace them. Lines with CRLF cannot be
/// replaced, because a comment's line ends differ and the file would contain both kinds.
fn replaces(code: &str, diff: &Diff, path: &str, lines: RangeInclusive<u32>) -> bool {
    let files = diff.files.iter().filter(|file| file.path == path);
    let all = files.flat_map(|file| file.lines());
    let is_there = |line: &&diff::Line| {
        let number = line.number(Side::Right);
        number.is_some_and(|number| lines.contains(&number))
    };
    let there: Vec<_> = all.filter(is_there).collect();
    let text: Vec<_> = there.iter().map(|line| line.text.as_str()).collect();
    there.iter().all(|line| !line.crlf) && text.join("\n") != code
}

/// Returns the replacement code unchanged, or `None` if it cannot be shown in full.
fn replacement(code: &str) -> Option<String> {
    let code = code.trim_end();
    if code.trim().is_empty() || code.chars().count() > LONGEST_SUGGESTION {
        return None;
    }
    let mut lines = Vec::new();
    for line in code.lines() {
        let shown = crate::prompt::strip(line);
        // A masked, stripped or truncated line is not the replacement that the model meant.
        let is_whole = matches!(secrets::mask(&shown), Cow::Borrowed(_)) && shown == line;
        if !is_whole || crate::prompt::is_marked(line) {
            return None;
        }
        lines.push(line.to_owned());
    }
    Some(lines.join("\n"))
}
