//! Check runs, shown beside the merge button.

use super::GitHubError;
use crate::{HeadSha, RepoName};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// Result of a check ("Create a check run", `conclusion`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// Neither for nor against merging.
    Neutral,
    /// The pull request may be merged.
    Success,
    /// The pull request should not be merged.
    Failure,
    /// The check is no longer needed. A required check is not satisfied by it.
    Cancelled,
}

/// Content of a check run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCheck {
    /// The checked commit.
    pub head_sha: HeadSha,
    /// Name that branch protection refers to.
    pub name: String,
    /// Result; `None` while the check is in progress.
    pub conclusion: Option<Conclusion>,
    /// Title in one line.
    pub title: String,
    /// Markdown, at most 65,535 characters.
    pub summary: String,
    /// Caller's own identifier, used to find the check again.
    pub external_id: String,
}

/// GitHub's id of a check run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CheckId(pub u64);

/// An existing check run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundCheck {
    pub id: CheckId,
    /// `true` once it has a conclusion. The conclusion can change later, but the run
    /// cannot return to in progress: that needs a new run of the same name.
    pub completed: bool,
}

/// Sets checks. Only Apps may do this: a personal token fails with
/// [`GitHubError::Forbidden`].
#[async_trait]
pub trait SetCheck: Send + Sync {
    /// Returns the newest check of this name on `head` that this App set, with
    /// `external_id` if one is given ("List check runs for a Git reference").
    async fn find_check(
        &self,
        repo: &RepoName,
        head: &HeadSha,
        name: &str,
        external_id: Option<&str>,
    ) -> Result<Option<FoundCheck>, GitHubError>;

    /// Creates a check ("Create a check run"). Does not retry: after a failure the
    /// caller looks for it first with [`SetCheck::find_check`].
    async fn create_check(&self, repo: &RepoName, check: &NewCheck)
    -> Result<CheckId, GitHubError>;

    /// Replaces the content of a check with `check` ("Update a check run"); its
    /// commit does not change. Does not retry, although the caller may: the call is
    /// idempotent.
    async fn update_check(
        &self,
        repo: &RepoName,
        id: CheckId,
        check: &NewCheck,
    ) -> Result<(), GitHubError>;
}

/// Reads the results of a commit's checks.
#[async_trait]
pub trait ReadChecks: Send + Sync {
    /// Returns `true` if other integrations approve `head`: every check run has
    /// ended with success, neutral or skipped ("List check runs for a Git
    /// reference"), and the latest status of every context is success ("Get the
    /// combined status for a specific reference"). Ignores this bot's own check,
    /// named `own`. Returns `false` without any other check, because the checks may
    /// not have started.
    ///
    /// # Errors
    /// [`GitHubError::Forbidden`] if the credentials may not read them.
    async fn others_are_green(
        &self,
        repo: &RepoName,
        head: &HeadSha,
        own: &str,
    ) -> Result<bool, GitHubError>;
}
