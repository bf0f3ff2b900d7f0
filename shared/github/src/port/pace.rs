use super::GitHubError;
use async_trait::async_trait;

/// Keeps those who write apart in time, whichever process they are in: GitHub wants a
/// second between writes ("Best practices for using the REST API").
#[async_trait]
pub trait Pace: Send + Sync {
    /// Returns when it is one's turn to make `call`.
    ///
    /// # Errors
    /// [`GitHubError::Unavailable`] when too many are waiting, or nobody knows whose turn
    /// it is: nothing is to be written.
    async fn turn(&self, call: &str) -> Result<(), GitHubError>;
}
