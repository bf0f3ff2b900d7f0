//! A pull request's diff as files, hunks and lines. The text comes from
//! strangers: whatever it holds, parsing ends, never panics, and says by name
//! what it could not read.

mod files;
mod header;
pub mod language;
mod parse;
mod touched;

pub use files::{ChangedFile, Status, from_files};
pub use parse::{MAX_BYTES, MAX_FILES, MAX_LINES, parse};

use serde::{Deserialize, Serialize};

/// A parsed diff: what can be read, and what was left out and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// Files that were read, in the diff's order. One whose text did not change
    /// (a new name, a new mode, an empty file) has no hunks.
    pub files: Vec<FileDiff>,
    /// Files that changed but were not read.
    pub left_out: Vec<LeftOut>,
}

impl Diff {
    /// Whether a comment on the right side of the diff may sit on `line` of
    /// `path`: on an added line or one of context. GitHub refuses a whole review
    /// for a single comment elsewhere ("Create a review for a pull request",
    /// status 422).
    pub fn has_line(&self, path: &str, line: u32) -> bool {
        self.files
            .iter()
            .any(|file| file.path == path && file.has_line(line))
    }

    /// Whether a comment on the left side of the diff may sit on `line` of the old
    /// version of `path`: on a line that the diff removes.
    pub fn has_left_line(&self, path: &str, line: u32) -> bool {
        self.code(path, line, Side::Left).is_some()
    }

    /// Whether a comment on `side` may sit on `line` of `path`.
    pub fn has(&self, path: &str, line: u32, side: Side) -> bool {
        match side {
            Side::Left => self.has_left_line(path, line),
            Side::Right => self.has_line(path, line),
        }
    }

    /// The text of `line` of `path`: on the right side of an added line or one of
    /// context, on the left side of a removed one.
    pub fn code(&self, path: &str, line: u32, side: Side) -> Option<&str> {
        self.files
            .iter()
            .filter(|file| file.path == path)
            .find_map(|file| file.code(line, side))
    }

    /// Whether a comment may sit on the lines from `first` to `last` of `path` on the
    /// right side: both are in one hunk, in this order.
    pub fn has_range(&self, path: &str, first: u32, last: u32) -> bool {
        let mut files = self.files.iter().filter(|file| file.path == path);
        first < last
            && files.any(|file| {
                let mut hunks = file.hunks.iter();
                hunks.any(|hunk| hunk.has_line(first) && hunk.has_line(last))
            })
    }

    /// How many lines the diff adds, over all files.
    pub fn added_line_count(&self) -> usize {
        self.files.iter().map(FileDiff::added_line_count).sum()
    }
}

/// One file's text changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDiff {
    /// Path in the new tree; in the old one where the file was deleted.
    pub path: String,
    /// Path in the old tree where it differs (a rename or copy).
    pub old_path: Option<String>,
    /// What happened to the file.
    pub change: FileChange,
    /// The changed places.
    pub hunks: Vec<Hunk>,
}

impl FileDiff {
    /// The diff of a new file with the text `text`: for examples and tests.
    pub fn added(path: &str, text: &str) -> Self {
        let line = |(number, text): (u32, &str)| Line {
            kind: LineKind::Added,
            old_number: None,
            new_number: Some(number),
            text: text.to_owned(),
            crlf: false,
        };
        Self {
            path: path.to_owned(),
            old_path: None,
            change: FileChange::Added,
            hunks: vec![Hunk {
                section: None,
                lines: (1..).zip(text.lines()).map(line).collect(),
            }],
        }
    }

    /// The lines that are new, each with its number in the new file.
    pub fn added_lines(&self) -> impl Iterator<Item = (u32, &str)> {
        self.lines().filter_map(|line| match line.kind {
            LineKind::Added => Some((line.new_number?, line.text.as_str())),
            LineKind::Removed | LineKind::Context => None,
        })
    }

    /// How many lines are new.
    pub fn added_line_count(&self) -> usize {
        self.added_lines().count()
    }

    /// How many lines are gone.
    pub fn removed_line_count(&self) -> usize {
        self.lines()
            .filter(|line| line.kind == LineKind::Removed)
            .count()
    }

    /// Whether `line` of the new file is in the diff, added or as context.
    pub fn has_line(&self, line: u32) -> bool {
        self.hunks.iter().any(|hunk| hunk.has_line(line))
    }

    /// Whether `line` of the old file is in the diff as a removed one.
    pub fn has_left_line(&self, line: u32) -> bool {
        self.code(line, Side::Left).is_some()
    }

    /// As [`Diff::code`], in this file.
    pub fn code(&self, line: u32, side: Side) -> Option<&str> {
        let mut lines = self.lines();
        let found = lines.find(|at| at.number(side) == Some(line));
        found.map(|at| at.text.as_str())
    }

    /// All lines of all hunks.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.hunks.iter().flat_map(|hunk| &hunk.lines)
    }
}

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileChange {
    /// It is new. A copy is new, too; its `old_path` names the original.
    Added,
    /// Its text or its mode changed.
    Modified,
    /// It is gone.
    Deleted,
    /// It has another name.
    Renamed,
}

/// A side of the diff, as GitHub's review comments name it.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Side {
    /// The old version.
    Left,
    /// The new version.
    #[default]
    Right,
}

impl Side {
    /// Whether it is the new version.
    pub fn is_right(&self) -> bool {
        *self == Self::Right
    }
}

/// One changed place with the lines around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// What stands behind the second `@@`: usually the enclosing function.
    pub section: Option<String>,
    /// Its lines.
    pub lines: Vec<Line>,
}

impl Hunk {
    fn has_line(&self, line: u32) -> bool {
        self.new_lines().is_some_and(|lines| lines.contains(&line))
    }
}

/// One line of a hunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Added, removed or context.
    pub kind: LineKind,
    /// Number in the old file, from 1; `None` for an added line.
    pub old_number: Option<u32>,
    /// Number in the new file, from 1; `None` for a removed line.
    pub new_number: Option<u32>,
    /// The text without its line end, be it LF or CRLF.
    pub text: String,
    /// Whether it ends with CRLF.
    pub crlf: bool,
}

impl Line {
    /// The side that it is shown on, and its number there: the left where it is gone.
    pub fn place(&self) -> Option<(Side, u32)> {
        let side = match self.kind {
            LineKind::Removed => Side::Left,
            LineKind::Added | LineKind::Context => Side::Right,
        };
        self.number(side).map(|number| (side, number))
    }

    /// Its number on `side`: on the right of what is there, on the left of what is gone.
    /// A line of context is on the right alone.
    pub fn number(&self, side: Side) -> Option<u32> {
        match (side, self.kind) {
            (Side::Left, LineKind::Removed) => self.old_number,
            (Side::Left, LineKind::Added | LineKind::Context) => None,
            (Side::Right, LineKind::Added | LineKind::Context | LineKind::Removed) => {
                self.new_number
            }
        }
    }
}

/// What a line is to its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// Only in the new file.
    Added,
    /// Only in the old file.
    Removed,
    /// In both.
    Context,
}

/// A changed file that was not read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its path, as well as it is known.
    pub path: String,
    /// Why.
    pub why: WhyLeftOut,
}

impl LeftOut {
    /// Files that nobody can name, only count or guess at: `what` there is of them.
    pub fn nameless(what: impl std::fmt::Display, why: WhyLeftOut) -> Self {
        Self {
            path: format!("({what})"),
            why,
        }
    }

    /// Whether it may stand for any file. One whose name begins as if it had none is
    /// taken for such, too.
    pub fn is_nameless(&self) -> bool {
        self.path.starts_with('(')
    }
}

/// Why a changed file was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyLeftOut {
    /// Not text.
    Binary,
    /// A submodule's commit.
    Submodule,
    /// Its part of the diff is malformed.
    Malformed,
    /// The diff or the file is larger than what is read.
    TooLarge,
    /// A tool wrote it: a lock file, minified or generated code, vendored code.
    Generated,
    /// It was asked about, and there was no answer.
    Unanswered,
    /// The configuration does not want it.
    Excluded,
    /// It, or some of it, does not fit into what a model is shown.
    Budget,
    /// GitHub names it without saying what changed.
    NoPatch,
}
