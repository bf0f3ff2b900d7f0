use crate::Fingerprint;
use diff::{Diff, LeftOut, Side};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// One thing that a reviewer found, on one line of the diff or a few.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Path of the file in the new tree.
    pub path: String,
    /// The first of its lines, where it has more than one. In the same hunk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_line: Option<u32>,
    /// Line in the file, from 1; the last where there are more. It is a line of the diff,
    /// on its side.
    pub line: u32,
    /// The side that its lines count on: the old file's for what is wrong about taking
    /// lines away.
    #[serde(default, skip_serializing_if = "Side::is_right")]
    pub side: Side,
    /// How bad it is.
    pub severity: Severity,
    /// Which specialist's subject it is.
    pub category: Category,
    /// The other specialists that say so, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Category>,
    /// The rule that found it, such as `committed-secret`: stable, for people
    /// who want to look it up or switch it off. A model's finding has none of its
    /// own: [`MODEL`].
    pub rule: String,
    /// The gist in a few words, where a model says one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What is wrong and what to do, in a sentence or two. Never repeats a secret.
    pub message: String,
    /// What the lines would be replaced with, whole lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// How sure the reviewer is.
    pub confidence: Confidence,
    /// Who found it, such as `rules`; more than one where they agree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    /// What it is known again by after a push, once its code is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// Whether its lines stood there unchanged at the last review.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reviewed_before: bool,
}

/// [`Finding::rule`] of what a model found.
pub const MODEL: &str = "model";

impl Finding {
    /// Whether it stands against merging: a security finding that is bad and
    /// that its reviewer is sure of.
    pub fn blocks(&self) -> bool {
        self.category == Category::Security
            && self.severity >= Severity::High
            && self.confidence >= Confidence::percent(80)
    }

    /// Whether it stands on a line of `diff`.
    pub fn is_on(&self, diff: &Diff) -> bool {
        diff.has(&self.path, self.line, self.side)
    }

    /// Where it is, for people: `src/a.rs:12`, `src/a.rs:9 (gone)` of the old file.
    pub fn place(&self) -> String {
        let Self {
            path, line, side, ..
        } = self;
        let gone = if side.is_right() { "" } else { " (gone)" };
        format!("{path}:{line}{gone}")
    }

    /// Its lines, from the first to the last.
    pub fn lines(&self) -> std::ops::RangeInclusive<u32> {
        self.start_line.unwrap_or(self.line)..=self.line
    }

    /// Whether a rule found it, and not a model alone.
    pub fn is_by_rules(&self) -> bool {
        self.rule != MODEL
    }

    /// The order that findings are told in: worst first, then by place.
    pub fn rank(&self) -> (Reverse<Severity>, &str, u32, &str) {
        (Reverse(self.severity), &self.path, self.line, &self.rule)
    }
}

/// How bad a finding is, from least to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Should be mended some day.
    Low,
    /// Should be mended before merging.
    Medium,
    /// Must be mended before merging.
    High,
    /// Harm is done as soon as it is pushed: rotate, revoke, revert.
    Critical,
}

/// A finding's subject, which is the specialist's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Secrets, injection, unsafe settings.
    Security,
    /// What a careful reader would not leave in.
    Style,
    /// What will not do what it says.
    Logic,
}

impl Category {
    /// Every specialist there is, in the order that they are named in.
    pub const ALL: [Self; 3] = [Self::Security, Self::Style, Self::Logic];

    /// As it is written in keys and events.
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

/// How sure a reviewer is, in percent: 0 is a guess, 100 is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Confidence(u8);

impl Confidence {
    /// `percent`, at most 100.
    pub const fn percent(percent: u8) -> Self {
        Self(if percent > 100 { 100 } else { percent })
    }

    /// In percent.
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

/// What a reviewer read, and what it did not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// How many files were read.
    pub files_read: u32,
    /// The changed files that were not, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

impl Coverage {
    /// Whether the file at `path` may be among those that were not read.
    pub fn may_leave_out(&self, path: &str) -> bool {
        let is_it = |left_out: &LeftOut| left_out.is_nameless() || left_out.path == path;
        self.left_out.iter().any(is_it)
    }

    /// Whether it says that the file at `path` was read. Who has read nothing at all
    /// says so of no file, whether or not it names what it left out.
    pub fn says_it_read(&self, path: &str) -> bool {
        self.files_read > 0 && !self.may_leave_out(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diff::WhyLeftOut::{TooLarge, Unanswered};

    #[test]
    fn what_a_reader_says_that_it_read() {
        let named = |path: &str| LeftOut {
            path: path.to_owned(),
            why: Unanswered,
        };
        let nameless = |what: &str| LeftOut::nameless(what, TooLarge);
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
