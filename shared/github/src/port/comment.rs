//! The comment on a pull request's page that is kept up to date.

use super::GitHubError;
use crate::{PrKey, RepoName};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// GitHub's id of a comment on a conversation page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommentId(pub u64);

/// Keeps one comment on a pull request's conversation page. Bodies are Markdown of
/// at most 65,536 characters.
#[async_trait]
pub trait Summarise: Send + Sync {
    /// The first comment by this bot whose body holds `marker`, if there is one.
    async fn find_comment(
        &self,
        pr: &PrKey,
        marker: &str,
    ) -> Result<Option<CommentId>, GitHubError>;

    /// Posts a comment. Never tried again in here: after a failure the caller looks
    /// for the marker first.
    async fn create_comment(&self, pr: &PrKey, body: &str) -> Result<CommentId, GitHubError>;

    /// Gives a comment another text. Not tried again in here either, though it may
    /// be: the text is the same afterwards.
    async fn update_comment(
        &self,
        repo: &RepoName,
        comment: CommentId,
        body: &str,
    ) -> Result<(), GitHubError>;
}
