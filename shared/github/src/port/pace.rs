use super::GitHubError;
use async_trait::async_trait;

/// Spaces the writes of all processes: GitHub asks for one second between writes ("Best
/// practices for using the REST API").
#[async_trait]
pub trait Pace: Send + Sync {
    /// Returns when the caller may make `call`.
    ///
    /// # Errors
    /// [`GitHubError::Unavailable`] if too many callers wait or the queue cannot be
    /// read. The caller must not write then.
    async fn turn(&self, call: &str) -> Result<(), GitHubError>;
}
