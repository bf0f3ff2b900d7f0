//! The summary comment on a pull request, which is edited on every change.

use super::GitHubError;
use crate::{PrKey, RepoName};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// GitHub's id of a comment on the conversation page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommentId(pub u64);

/// Maintains one comment on a pull request's conversation page. Bodies are Markdown of
/// at most 65,536 characters.
#[async_trait]
pub trait Summarise: Send + Sync {
    /// Returns this bot's first comment whose body contains `marker`, if it exists.
    async fn find_comment(
        &self,
        pr: &PrKey,
        marker: &str,
    ) -> Result<Option<CommentId>, GitHubError>;

    /// Posts a comment. Does not retry: after a failure the caller looks for the
    /// marker first.
    async fn create_comment(&self, pr: &PrKey, body: &str) -> Result<CommentId, GitHubError>;

    /// Replaces the text of a comment. Does not retry, although the caller may: the
    /// call is idempotent.
    async fn update_comment(
        &self,
        repo: &RepoName,
        comment: CommentId,
        body: &str,
    ) -> Result<(), GitHubError>;
}
