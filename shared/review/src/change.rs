//! Reads a change from GitHub.

use diff::{Diff, OmissionReason, OmittedFile};
use github::port::{GitHubError, ReadChange};
use github::{HeadSha, PrKey};

/// Reads the change `base...head` of a pull request: its diff, or its list of files if
/// GitHub rejects the diff as too large (406). Names the content that neither contains.
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
