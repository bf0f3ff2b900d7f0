use crate::Fingerprint;
use diff::{Diff, OmittedFile, Side};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// Finding of a reviewer on one or more lines of the diff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Path of the file in the new tree.
    pub path: String,
    /// First line, if the finding has more than one. It is in the same hunk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_line: Option<u32>,
    /// Line in the file, from 1; the last one if there are more. It is a line of the diff on
    /// `side`.
    pub line: u32,
    /// Side that the line numbers refer to. A finding about removed lines is on the side of the old
    /// file.
    #[serde(default, skip_serializing_if = "Side::is_right")]
    pub side: Side,
    pub severity: Severity,
    /// Subject, which names the specialist.
    pub category: Category,
    /// Other specialists that report the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Category>,
    /// Rule that found it, such as `committed-secret`. The name is stable, so that people can look
    /// it up or switch it off. A model's finding has [`MODEL`].
    pub rule: String,
    /// Summary in a few words, if the model gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Problem and remedy in one or two sentences. Never repeats a secret.
    pub message: String,
    /// Replacement for the lines, in whole lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// Confidence of the reviewer.
    pub confidence: Confidence,
    /// Reviewers that found it, such as `rules`; more than one if they agree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    /// Identity that survives a push, once the code is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// True if the last review read the same lines.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reviewed_before: bool,
}

/// [`Finding::rule`] of a model's finding.
pub const MODEL: &str = "model";

/// [`Finding::rule`] of a rule's finding of a secret.
pub const SECRET: &str = "committed-secret";

impl Finding {
    /// Returns a model's finding for tests to change.
    #[cfg(any(test, feature = "testing"))]
    pub fn sample() -> Self {
        Self {
            path: "a.rs".to_owned(),
            start_line: None,
            line: 1,
            side: Side::Right,
            severity: Severity::High,
            category: Category::Logic,
            also: vec![],
            rule: MODEL.to_owned(),
            title: None,
            message: "…".to_owned(),
            suggestion: None,
            confidence: Confidence::percent(90),
            by: vec![],
            fingerprint: None,
            reviewed_before: false,
        }
    }

    /// Returns whether the finding blocks merging under `rule`.
    pub fn blocks(&self, rule: &BlockRule) -> bool {
        rule.severity.is_some_and(|least| self.severity >= least)
            && self.confidence >= rule.confidence
            && rule.categories.contains(&self.category)
    }

    /// Returns whether the finding is on a line of `diff`.
    pub fn is_on(&self, diff: &Diff) -> bool {
        diff.has(&self.path, self.line, self.side)
    }

    /// Returns the place for people: `src/a.rs:12`, or `src/a.rs:9 (gone)` in the old file.
    pub fn place(&self) -> String {
        let Self {
            path, line, side, ..
        } = self;
        let gone = if side.is_right() { "" } else { " (gone)" };
        format!("{path}:{line}{gone}")
    }

    /// Returns the range from the first to the last line.
    pub fn lines(&self) -> std::ops::RangeInclusive<u32> {
        self.start_line.unwrap_or(self.line)..=self.line
    }

    /// Returns whether a rule found a secret. Removing the line does not undo the damage.
    pub fn is_secret(&self) -> bool {
        self.rule == SECRET
    }

    /// Returns whether a rule found it, alone or together with a model.
    pub fn is_by_rules(&self) -> bool {
        self.rule != MODEL
    }

    /// Returns the sort key of findings: worst first, then by place.
    pub fn rank(&self) -> (Reverse<Severity>, &str, u32, &str) {
        (Reverse(self.severity), &self.path, self.line, &self.rule)
    }
}

/// Rule that decides which findings block merging. All conditions must be true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockRule {
    /// Minimum severity; `None` if no finding blocks.
    pub severity: Option<Severity>,
    /// Minimum confidence.
    pub confidence: Confidence,
    /// Categories of blocking findings.
    pub categories: Vec<Category>,
}

impl BlockRule {
    /// Returns the rule of findings that do not block, such as resolved ones.
    pub fn never() -> Self {
        Self {
            severity: None,
            ..Self::default()
        }
    }
}

impl Default for BlockRule {
    fn default() -> Self {
        Self {
            severity: Some(Severity::High),
            confidence: Confidence::percent(80),
            categories: vec![Category::Security],
        }
    }
}

/// Severity of a finding, from least to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Should be fixed at some time.
    Low,
    /// Should be fixed before the merge.
    Medium,
    /// Must be fixed before the merge.
    High,
    /// Does harm as soon as it is pushed: rotate, revoke, revert.
    Critical,
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Info => "Info",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        })
    }
}

/// Subject of a finding and of the specialist that reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Secrets, injection, unsafe settings.
    Security,
    /// Code that a careful reader would not leave in.
    Style,
    /// Code with wrong behaviour.
    Logic,
}

impl Category {
    /// All specialists, in display order.
    pub const ALL: [Self; 3] = [Self::Security, Self::Style, Self::Logic];

    /// Returns the name that is used in keys and events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Security => "security",
            Self::Style => "style",
            Self::Logic => "logic",
        }
    }
}

impl std::fmt::Display for Category {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Confidence of a reviewer in percent: 0 is a guess, 100 is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Confidence(u8);

impl Confidence {
    /// Creates a confidence of `percent`, capped at 100.
    pub const fn percent(percent: u8) -> Self {
        Self(if percent > 100 { 100 } else { percent })
    }

    /// Returns the confidence in percent.
    pub const fn as_percent(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Confidence {
    type Error = String;

    fn try_from(percent: u8) -> Result<Self, String> {
        match percent {
            0..=100 => Ok(Self(percent)),
            _ => Err(format!("a confidence is 0 to 100 percent, not {percent}")),
        }
    }
}

impl From<Confidence> for u8 {
    fn from(confidence: Confidence) -> u8 {
        confidence.0
    }
}

/// Files that a reviewer read and files that it left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Number of files read.
    pub files_read: u32,
    /// Changed files that were not read, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<OmittedFile>,
}

impl Coverage {
    /// Returns whether the file at `path` may be among the unread files.
    pub fn may_leave_out(&self, path: &str) -> bool {
        let is_it = |left_out: &OmittedFile| left_out.is_nameless() || left_out.path == path;
        self.left_out.iter().any(is_it)
    }

    /// Returns whether the coverage confirms that the file at `path` was read. A coverage without
    /// any read file confirms none, whether or not it names the files left out.
    pub fn says_it_read(&self, path: &str) -> bool {
        self.files_read > 0 && !self.may_leave_out(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diff::OmissionReason::{TooLarge, Unanswered};

    #[test]
    fn confirms_read_files() {
        let named = |path: &str| OmittedFile {
            path: path.to_owned(),
            why: Unanswered,
        };
        let nameless = |what: &str| OmittedFile::nameless(what, TooLarge);
        for (why, files_read, left_out, read) in [
            ("all of it", 1, vec![], true),
            ("nothing at all", 0, vec![], false),
            ("it is left out", 1, vec![named("a.rs")], false),
            ("another is left out", 1, vec![named("b.rs")], true),
            (
                "it may be among those that are only counted",
                1,
                vec![named("b.rs"), nameless("and 2 more files")],
                false,
            ),
            (
                "and among those that GitHub does not list",
                1,
                vec![nameless("and more files than GitHub lists")],
                false,
            ),
        ] {
            let coverage = Coverage {
                files_read,
                left_out,
            };
            assert_eq!(coverage.says_it_read("a.rs"), read, "{why}");
        }
    }
}
