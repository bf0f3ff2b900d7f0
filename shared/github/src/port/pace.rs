use super::GitHubError;
use async_trait::async_trait;

/// Limits the rate of writes of all processes ("Best practices for using the REST API", "Rate
/// limits for the REST API").
#[async_trait]
pub trait Pace: Send + Sync {
    /// Waits until the caller may make `call` with the credentials of `account`: an installation
    /// or a token, by host.
    ///
    /// # Errors
    /// [`GitHubError::RateLimited`] if the wait is too long, and
    /// [`GitHubError::Unavailable`] if the permits cannot be read. The caller must not write then.
    async fn acquire(&self, account: &str, call: &str) -> Result<(), GitHubError>;

    /// Gives back the permit of a call that GitHub refused.
    async fn give_back(&self, account: &str);
}
