//! Parses a pull request's diff into files, hunks and lines. The text is untrusted: whatever it
//! holds, the parser terminates, never panics, and lists the files that it could not read.

mod files;
mod header;
pub mod language;
mod parse;
mod touched;

pub use files::{ChangedFile, Status, from_files};
pub use parse::{MAX_BYTES, MAX_FILES, MAX_LINES, parse};

use serde::{Deserialize, Serialize};
use std::fmt;

/// Parsed diff: the files that were read, and the files that were left out with the reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// Files that were read, in the order of the diff. A file whose text did not change (a new
    /// name, a new mode, an empty file) has no hunks.
    pub files: Vec<FileDiff>,
    /// Changed files that were not read.
    pub left_out: Vec<OmittedFile>,
}

impl Diff {
    /// Returns whether GitHub accepts a comment on the right side at `line` of `path`: the line is
    /// added or context. GitHub rejects a whole review for a single comment elsewhere ("Create a
    /// review for a pull request", status 422).
    pub fn has_line(&self, path: &str, line: u32) -> bool {
        self.files
            .iter()
            .any(|file| file.path == path && file.has_line(line))
    }

    /// Returns whether GitHub accepts a comment on the left side at `line` of the old version of
    /// `path`: the diff removes the line.
    pub fn has_left_line(&self, path: &str, line: u32) -> bool {
        self.code(path, line, Side::Left).is_some()
    }

    /// Returns whether GitHub accepts a comment on `side` at `line` of `path`.
    pub fn has(&self, path: &str, line: u32, side: Side) -> bool {
        match side {
            Side::Left => self.has_left_line(path, line),
            Side::Right => self.has_line(path, line),
        }
    }

    /// Returns the text of `line` of `path`: on the right side an added or context line, on the
    /// left side a removed line.
    pub fn code(&self, path: &str, line: u32, side: Side) -> Option<&str> {
        self.files
            .iter()
            .filter(|file| file.path == path)
            .find_map(|file| file.code(line, side))
    }

    /// Returns whether GitHub accepts a comment on the right side from line `first` to line `last`
    /// of `path`: both are in one hunk, in this order.
    pub fn has_range(&self, path: &str, first: u32, last: u32) -> bool {
        let mut files = self.files.iter().filter(|file| file.path == path);
        first < last
            && files.any(|file| {
                let mut hunks = file.hunks.iter();
                hunks.any(|hunk| hunk.has_line(first) && hunk.has_line(last))
            })
    }

    /// Returns the number of added lines in all files.
    pub fn added_line_count(&self) -> usize {
        self.files.iter().map(FileDiff::added_line_count).sum()
    }
}

/// Text changes of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDiff {
    /// Path in the new tree; in the old tree if the file was deleted.
    pub path: String,
    /// Path in the old tree if it differs (a rename or copy).
    pub old_path: Option<String>,
    pub change: FileChange,
    pub hunks: Vec<Hunk>,
}

impl FileDiff {
    /// Returns the diff of a new file with the text `text`, for examples and tests.
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

    /// Returns the added lines, each with its number in the new file.
    pub fn added_lines(&self) -> impl Iterator<Item = (u32, &str)> {
        self.lines().filter_map(|line| match line.kind {
            LineKind::Added => Some((line.new_number?, line.text.as_str())),
            LineKind::Removed | LineKind::Context => None,
        })
    }

    /// Returns the number of added lines.
    pub fn added_line_count(&self) -> usize {
        self.added_lines().count()
    }

    /// Returns the number of removed lines.
    pub fn removed_line_count(&self) -> usize {
        self.lines()
            .filter(|line| line.kind == LineKind::Removed)
            .count()
    }

    /// Returns whether `line` of the new file is in the diff, added or as context.
    pub fn has_line(&self, line: u32) -> bool {
        self.hunks.iter().any(|hunk| hunk.has_line(line))
    }

    /// Returns whether the diff removes `line` of the old file.
    pub fn has_left_line(&self, line: u32) -> bool {
        self.code(line, Side::Left).is_some()
    }

    /// Returns the text of a line as [`Diff::code`] does, in this file.
    pub fn code(&self, line: u32, side: Side) -> Option<&str> {
        let mut lines = self.lines();
        let found = lines.find(|at| at.number(side) == Some(line));
        found.map(|at| at.text.as_str())
    }

    /// Returns all lines of all hunks.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.hunks.iter().flat_map(|hunk| &hunk.lines)
    }
}

/// Kind of a file's change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileChange {
    /// The file is new. A copy is new, too; its `old_path` names the original.
    Added,
    /// The text or the mode changed.
    Modified,
    /// The file was deleted.
    Deleted,
    /// The file has another name.
    Renamed,
}

/// Side of the diff, as GitHub's review comments name it.
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
    /// Returns whether this is the side of the new version.
    pub fn is_right(&self) -> bool {
        *self == Self::Right
    }
}

/// Changed lines with the context around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// Text behind the second `@@`: usually the enclosing function.
    pub section: Option<String>,
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
    pub kind: LineKind,
    /// Number in the old file, from 1; `None` for an added line.
    pub old_number: Option<u32>,
    /// Number in the new file, from 1; `None` for a removed line.
    pub new_number: Option<u32>,
    /// Text without the line end (LF or CRLF).
    pub text: String,
    /// True if the line ends with CRLF.
    pub crlf: bool,
}

impl Line {
    /// Returns the side that GitHub shows the line on and the line's number there. A removed line
    /// is on the left, any other on the right.
    pub fn place(&self) -> Option<(Side, u32)> {
        let side = match self.kind {
            LineKind::Removed => Side::Left,
            LineKind::Added | LineKind::Context => Side::Right,
        };
        self.number(side).map(|number| (side, number))
    }

    /// Returns the line's number on `side`. Removed lines have one on the left only, added and
    /// context lines on the right only.
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

/// Kind of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// The line is in the new file only.
    Added,
    /// The line is in the old file only.
    Removed,
    /// The line is in both files.
    Context,
}

/// Changed file that was not read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OmittedFile {
    /// Path, or the best guess of it.
    pub path: String,
    pub why: OmissionReason,
}

impl OmittedFile {
    /// Describes files without known names, such as a count. `what` is the description.
    pub fn nameless(what: impl fmt::Display, why: OmissionReason) -> Self {
        Self {
            path: format!("({what})"),
            why,
        }
    }

    /// Returns whether the entry may represent any file. A path that begins with `(` counts as
    /// nameless, too.
    pub fn is_nameless(&self) -> bool {
        self.path.starts_with('(')
    }
}

/// Reason why a changed file was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OmissionReason {
    /// The file is not text.
    Binary,
    /// The file is the commit of a submodule.
    Submodule,
    /// The file's part of the diff is malformed.
    Malformed,
    /// The diff or the file exceeds the limits.
    TooLarge,
    /// The file is generated or third-party code: a lock file, minified code, vendored code.
    Generated,
    /// The reviewer was asked and did not answer.
    Unanswered,
    /// The configuration excludes the file.
    Excluded,
    /// The file, or a part of it, does not fit into a model's prompt.
    Budget,
    /// GitHub lists the file without its changes.
    NoPatch,
    /// GitHub finally refuses the change.
    Refused,
}

impl fmt::Display for OmissionReason {
    /// Writes the reason for people, such as `too large`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Binary => "not text",
            Self::Submodule => "a submodule",
            Self::Malformed => "its diff is malformed",
            Self::TooLarge => "too large",
            Self::Generated => "generated",
            Self::Unanswered => "no answer",
            Self::Excluded => "excluded by the configuration",
            Self::Budget => "over the token budget",
            Self::NoPatch => "GitHub gives no patch for it",
            Self::Refused => "GitHub refused it",
        })
    }
}
