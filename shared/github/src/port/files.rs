//! Which files a pull request changes, and what is in one.

use super::GitHubError;
use crate::{PrKey, RepoName};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What happened to a file ("List pull requests files", `status`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileStatus {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Its text changed.
    Modified,
    /// It moved, and may have changed.
    Renamed,
    /// It was copied.
    Copied,
    /// Its kind or mode changed.
    Changed,
    /// Nothing changed.
    Unchanged,
    /// A status that GitHub did not have when this was written.
    #[serde(other)]
    Other,
}

/// A changed file. Without a `patch` its change is unknown: it is binary, it is
/// large, or it stands late in a large pull request, where `changes` may be 0 too.
/// That does not mean that nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    /// Its path, relative to the repository.
    pub filename: String,
    /// Its path of before, if it was renamed or copied.
    #[serde(default)]
    pub previous_filename: Option<String>,
    /// What happened to it.
    pub status: FileStatus,
    /// Lines added.
    pub additions: u64,
    /// Lines taken away.
    pub deletions: u64,
    /// Both together.
    pub changes: u64,
    /// Its hunks, from the first `@@` on, without the lines that name the file.
    #[serde(default)]
    pub patch: Option<String>,
}

/// The changed files of a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// As GitHub orders them; 3,000 at most.
    pub files: Vec<ChangedFile>,
    /// Whether these are all: GitHub lists no more than 3,000.
    pub complete: bool,
}

/// Most files that GitHub lists ("List pull requests files").
pub const MOST_FILES: usize = 3_000;

/// Reads which files a pull request changes, where its diff is too large to be
/// given ([`GitHubError::TooLarge`]).
#[async_trait]
pub trait ReadFiles: Send + Sync {
    /// The files as they are changed at the head *now*: a push in between changes
    /// what is read, so look at the head afterwards.
    async fn files(&self, pr: &PrKey) -> Result<Files, GitHubError>;
}

/// Reads a change, however large.
pub trait ReadChange: super::ReadDiff + ReadFiles {}

impl<T: super::ReadDiff + ReadFiles> ReadChange for T {}

/// Bytes of the largest file that [`ReadFile`] gives.
pub const LARGEST_FILE: usize = 64 << 10;

/// Reads a small file of a repository, such as its settings.
#[async_trait]
pub trait ReadFile: Send + Sync {
    /// The file at `path`, as it is at `reference`: a branch, tag or commit. `None`
    /// when there is none, when it is a folder, or when the repository may not be
    /// seen.
    ///
    /// # Errors
    /// [`GitHubError::TooLarge`] when it is larger than [`LARGEST_FILE`];
    /// [`GitHubError::Rejected`] when `path` is no path within a repository.
    async fn file(
        &self,
        repo: &RepoName,
        path: &str,
        reference: &str,
    ) -> Result<Option<Vec<u8>>, GitHubError>;
}

/// More languages say nothing more about what a repository is about.
pub const MOST_LANGUAGES: usize = 10;

/// Reads what a repository is written in.
#[async_trait]
pub trait ReadLanguages: Send + Sync {
    /// The names of its languages as GitHub has them ("List repository languages"),
    /// those with the most bytes first; [`MOST_LANGUAGES`] at most.
    async fn languages(&self, repo: &RepoName) -> Result<Vec<String>, GitHubError>;
}

/// The [`MOST_LANGUAGES`] with the most bytes, of which there are so many of each.
pub fn most_written(bytes: BTreeMap<String, u64>) -> Vec<String> {
    let mut languages: Vec<_> = bytes.into_iter().collect();
    languages.sort_by_key(|(_, bytes)| Reverse(*bytes));
    languages.truncate(MOST_LANGUAGES);
    languages.into_iter().map(|(name, _)| name).collect()
}

/// Whether `path` can be one of a file in a repository. Others could name another
/// thing in GitHub's API than a file.
pub fn is_file_path(path: &str) -> bool {
    let part = |part: &str| !matches!(part, "" | "." | "..");
    path.len() <= 4_096 && !path.contains(char::is_control) && path.split('/').all(part)
}

#[cfg(test)]
mod tests {
    use super::is_file_path;

    #[test]
    fn a_path_stays_in_its_repository() {
        for (why, path, good) in [
            ("a file", "README.md", true),
            ("in a folder", ".github/review.toml", true),
            ("dots in a name", "a..b/...", true),
            ("up", "../other", false),
            ("up in between", "a/../../b", false),
            ("here", "./a", false),
            ("from the root", "/etc/passwd", false),
            ("a folder", "a/", false),
            ("nothing between", "a//b", false),
            ("empty", "", false),
            ("a line end", "a\nb", false),
        ] {
            assert_eq!(is_file_path(path), good, "{why}: {path:?}");
        }
    }
}
