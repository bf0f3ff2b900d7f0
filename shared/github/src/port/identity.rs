//! Who posts.

use super::GitHubError;
use async_trait::async_trait;

/// Tells who is posted as.
#[async_trait]
pub trait WhoAmI: Send + Sync {
    /// The login, such as `review-bot[bot]`. `None` where GitHub does not tell it, as
    /// to tokens of GitHub Actions ("Get the authenticated user").
    async fn login(&self) -> Result<Option<String>, GitHubError>;
}
