//! A pull request's diff as files, hunks and lines. The text comes from
//! strangers: whatever it holds, parsing ends, never panics, and says by name
//! what it could not read.

mod parse;

pub use parse::parse;

use serde::{Deserialize, Serialize};

/// A parsed diff: what can be read, and what was left out and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// Files with text changes, in the diff's order.
    pub files: Vec<FileDiff>,
    /// Files that changed but could not be read as text.
    pub left_out: Vec<LeftOut>,
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

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileChange {
    /// It is new.
    Added,
    /// Its text changed.
    Modified,
    /// It is gone.
    Deleted,
    /// It has another name.
    Renamed,
}

/// One changed place with the lines around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// What stands behind the second `@@`: usually the enclosing function.
    pub section: Option<String>,
    /// Its lines.
    pub lines: Vec<Line>,
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
    /// The text without its line end.
    pub text: String,
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
}
