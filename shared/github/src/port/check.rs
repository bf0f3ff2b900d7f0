//! Check runs: the verdict beside the merge button.

use super::GitHubError;
use crate::{HeadSha, RepoName};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// How a check ended ("Create a check run", `conclusion`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// Neither for nor against merging.
    Neutral,
    /// Nothing stands against merging.
    Success,
    /// Something stands against merging.
    Failure,
    /// Nobody waits for it any more. It does not stand for a check that is required.
    Cancelled,
}

/// What a check run says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCheck {
    /// The commit that was checked.
    pub head_sha: HeadSha,
    /// Its name, which branch protection knows it by.
    pub name: String,
    /// How it ended; `None` while it is in progress.
    pub conclusion: Option<Conclusion>,
    /// One line.
    pub title: String,
    /// Markdown, at most 65,535 characters.
    pub summary: String,
    /// The caller's own name of it, by which it is found again.
    pub external_id: String,
}

/// GitHub's id of a check run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CheckId(pub u64);

/// A check run that was set before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundCheck {
    /// Which.
    pub id: CheckId,
    /// Whether it has ended. It can be given another end then, but not be set back in
    /// progress: that takes a new run of the same name.
    pub completed: bool,
}

/// Sets checks. Only Apps may: a person's token is refused with
/// [`GitHubError::Forbidden`].
#[async_trait]
pub trait SetCheck: Send + Sync {
    /// The newest check of this name on `head` that was set by this App with
    /// `external_id`, if there is one ("List check runs for a Git reference").
    async fn find_check(
        &self,
        repo: &RepoName,
        head: &HeadSha,
        name: &str,
        external_id: &str,
    ) -> Result<Option<FoundCheck>, GitHubError>;

    /// Makes one check ("Create a check run"). Never tried again in here: after a
    /// failure the caller looks for it first, as [`SetCheck::find_check`] finds it.
    async fn create_check(&self, repo: &RepoName, check: &NewCheck)
    -> Result<CheckId, GitHubError>;

    /// Has a check say what `check` says ("Update a check run"); the commit that it is
    /// on stays. Not tried again in here either, though it may be: it says the same
    /// afterwards.
    async fn update_check(
        &self,
        repo: &RepoName,
        id: CheckId,
        check: &NewCheck,
    ) -> Result<(), GitHubError>;
}

/// Reads how the checks of a commit stand.
#[async_trait]
pub trait ReadChecks: Send + Sync {
    /// Whether others speak for `head`: every check run there has ended with
    /// success, neutral or skipped ("List check runs for a Git reference"), and the
    /// latest status of every context is success ("Get the combined status for a
    /// specific reference"). What this bot has set under the name `own` is left aside.
    /// Where there is nothing else, nothing is green: it may not have begun.
    ///
    /// # Errors
    /// [`GitHubError::Forbidden`] where the credentials may not read them.
    async fn others_are_green(
        &self,
        repo: &RepoName,
        head: &HeadSha,
        own: &str,
    ) -> Result<bool, GitHubError>;
}
