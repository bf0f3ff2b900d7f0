//! Reads a change from GitHub.

use diff::{Diff, OmissionReason, OmittedFile};
use events::{Failure, WaitCause};
use github::port::{GitHubError, ReadChange};
use github::{HeadSha, PrKey};
use std::time::Duration;

/// Age of a request from which a 404 is final. GitHub may not have a new commit everywhere yet, so an
/// earlier one is followed by another attempt.
const SETTLED: Duration = Duration::from_secs(40);
/// Time until that attempt.
const AGAIN: Duration = Duration::from_secs(45);

/// Reason why a change cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// A later attempt may succeed.
    #[error(transparent)]
    Failed(GitHubError),
    /// GitHub does not have the change yet. Another attempt follows.
    #[error("{0}")]
    NotYet(GitHubError),
    /// Every later attempt would fail.
    #[error("{0}")]
    Refused(GitHubError),
}

impl Failure for ReadError {
    fn is_retryable(&self) -> bool {
        match self {
            Self::Failed(error) => error.is_retryable(),
            Self::NotYet(_) => true,
            Self::Refused(_) => false,
        }
    }

    fn wait_cause(&self) -> WaitCause {
        match self {
            Self::Failed(error) => error.wait_cause(),
            Self::NotYet(_) | Self::Refused(_) => WaitCause::Failure,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Failed(error) => error.retry_after(),
            Self::NotYet(_) => Some(AGAIN),
            Self::Refused(_) => None,
        }
    }
}

/// Reads the change like [`read`], for a request of this `age`.
///
/// # Errors
/// [`ReadError`] tells whether another attempt may succeed.
pub async fn read_for(
    github: &dyn ReadChange,
    pr: &PrKey,
    base: &HeadSha,
    head: &HeadSha,
    age: Duration,
) -> Result<Diff, ReadError> {
    let answer = read(github, pr, base, head).await;
    answer.map_err(|error| {
        let is_new = age < SETTLED && matches!(error, GitHubError::NotFound { .. });
        if is_new {
            ReadError::NotYet(error)
        } else if error.is_retryable() {
            ReadError::Failed(error)
        } else {
            ReadError::Refused(error)
        }
    })
}

/// Reads the change `base...head` of a pull request: its diff, or its list of files if
/// GitHub has no diff that is small enough (406, or 422 `not_available`). Names the content that neither contains.
///
/// The list describes the current pull request: a concurrent push changes the result,
/// but it also supersedes this review.
///
/// # Errors
/// [`GitHubError`], except [`GitHubError::TooLarge`] for the diff.
pub async fn read(
    github: &dyn ReadChange,
    pr: &PrKey,
    base: &HeadSha,
    head: &HeadSha,
) -> Result<Diff, GitHubError> {
    let too_large = match github.diff(pr, base, head).await {
        Ok(text) => return Ok(diff::parse(&text)),
        Err(error @ GitHubError::TooLarge { .. }) => error,
        Err(error) => return Err(error),
    };
    tracing::info!(%pr, "{too_large}; reading the list of files instead");
    let listed = github.files(pr).await?;
    let mut diff = diff::from_files(&listed.files);
    if !listed.complete {
        let more =
            OmittedFile::nameless("and more files than GitHub lists", OmissionReason::TooLarge);
        diff.left_out.push(more);
    }
    Ok(diff)
}
