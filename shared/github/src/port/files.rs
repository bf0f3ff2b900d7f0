//! Reads the changed files of a pull request and the content of a file.

pub use diff::{ChangedFile, Status as FileStatus};

use super::GitHubError;
use crate::{PrKey, RepoName};
use async_trait::async_trait;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The changed files of a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// In GitHub's order; at most 3,000.
    pub files: Vec<ChangedFile>,
    /// `true` if the list is complete: GitHub lists at most 3,000.
    pub complete: bool,
}

/// Maximum number of files that GitHub lists ("List pull requests files").
pub const MOST_FILES: usize = 3_000;

/// Lists the files that a pull request changes, for a diff that exceeds GitHub's limits
/// ([`GitHubError::TooLarge`]).
#[async_trait]
pub trait ReadFiles: Send + Sync {
    /// Returns the files as changed at the *current* head. A concurrent push changes
    /// the result, so check the head afterwards.
    async fn files(&self, pr: &PrKey) -> Result<Files, GitHubError>;
}

/// Reads a change of any size.
pub trait ReadChange: super::ReadDiff + ReadFiles {}

impl<T: super::ReadDiff + ReadFiles> ReadChange for T {}

/// Size limit of [`ReadFile`] in bytes.
pub const LARGEST_FILE: usize = 64 << 10;

/// Reads a small file of a repository, such as its settings.
#[async_trait]
pub trait ReadFile: Send + Sync {
    /// Returns the file at `path` in `reference`: a branch, tag or commit. Returns
    /// `None` if the file does not exist, if it is a folder, or if the credentials
    /// may not see the repository.
    ///
    /// # Errors
    /// [`GitHubError::TooLarge`] if it exceeds [`LARGEST_FILE`];
    /// [`GitHubError::Rejected`] if `path` is not a path within a repository.
    async fn file(
        &self,
        repo: &RepoName,
        path: &str,
        reference: &str,
    ) -> Result<Option<Vec<u8>>, GitHubError>;
}

/// Limit of languages; minor ones do not help to select rules.
pub const MOST_LANGUAGES: usize = 10;

/// Reads a repository's languages.
#[async_trait]
pub trait ReadLanguages: Send + Sync {
    /// Returns GitHub's names of the languages ("List repository languages"),
    /// ordered by size; at most [`MOST_LANGUAGES`].
    async fn languages(&self, repo: &RepoName) -> Result<Vec<String>, GitHubError>;
}

/// Returns the [`MOST_LANGUAGES`] largest languages, given the bytes of each.
pub fn most_written(bytes: BTreeMap<String, u64>) -> Vec<String> {
    let mut languages: Vec<_> = bytes.into_iter().collect();
    languages.sort_by_key(|(_, bytes)| Reverse(*bytes));
    languages.truncate(MOST_LANGUAGES);
    languages.into_iter().map(|(name, _)| name).collect()
}

/// Returns `true` if `path` can be a file in a repository. Other paths could address
/// another resource of GitHub's API.
pub fn is_file_path(path: &str) -> bool {
    let part = |part: &str| !matches!(part, "" | "." | "..");
    path.len() <= 4_096 && !path.contains(char::is_control) && path.split('/').all(part)
}

#[cfg(test)]
mod tests {
    use super::is_file_path;

    #[test]
    fn path_stays_in_repository() {
        for (why, path, good) in [
            ("a file", "README.md", true),
            ("in a folder", ".github/review.toml", true),
            ("dots in a name", "a..b/...", true),
            ("up", "../other", false),
            ("parent folder in the middle", "a/../../b", false),
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
