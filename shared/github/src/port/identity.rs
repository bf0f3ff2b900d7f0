//! The account that posts.

use super::GitHubError;
use async_trait::async_trait;

/// Returns the account that the credentials post as.
#[async_trait]
pub trait WhoAmI: Send + Sync {
    /// Returns the login, such as `review-bot[bot]`. Returns `None` if GitHub does
    /// not reveal it, as for tokens of GitHub Actions ("Get the authenticated
    /// user").
    async fn login(&self) -> Result<Option<String>, GitHubError>;
}
