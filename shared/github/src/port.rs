//! Narrow ports to GitHub's REST API. A handler depends on the ports that it uses, not
//! on all of GitHub. Only the publisher has the ports that write: [`PublishReview`],
//! [`WithdrawReview`], [`SetCheck`] and [`Summarise`].

mod check;
mod comment;
mod files;
mod identity;
mod own_review;
mod pace;

pub use check::{CheckId, Conclusion, FoundCheck, NewCheck, ReadChecks, SetCheck};
pub use comment::{CommentId, Summarise};
pub use files::{
    ChangedFile, FileStatus, Files, LARGEST_FILE, MOST_FILES, MOST_LANGUAGES, ReadChange, ReadFile,
    ReadFiles, ReadLanguages, is_file_path, most_written,
};
pub use identity::WhoAmI;
pub use own_review::{OwnReview, ReviewState, WithdrawReview};
pub use pace::Pace;

use crate::{HeadSha, PrKey, RepoName};
use async_trait::async_trait;
use events::{Failure, WaitCause};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Current state of a pull request ("Get a pull request").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// Newest commit.
    pub head_sha: HeadSha,
    /// `false` if closed or merged: nothing more is posted.
    pub open: bool,
    /// Login of the author.
    pub author: String,
    /// Author's association with the repository, such as `MEMBER` or `NONE`.
    pub author_association: String,
    /// Repository of the head; `None` if the fork was deleted.
    pub head_repo: Option<RepoName>,
    /// Base branch, the target of the merge.
    pub base_ref: String,
    /// Newest commit of the base branch.
    pub base_sha: HeadSha,
    /// `true` while not ready for review.
    pub draft: bool,
    /// Names of the labels.
    pub labels: Vec<String>,
}

/// Effect of a review ("Create a review for a pull request", `event`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReviewEvent {
    /// Feedback without a vote.
    Comment,
    /// Feedback that must be addressed before merging.
    RequestChanges,
    /// A vote for merging.
    Approve,
}

/// Side of the diff that a comment's line is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Side {
    /// The old file.
    Left,
    /// The new file.
    Right,
}

/// One inline comment of a review. Its lines must be in the diff; otherwise GitHub
/// rejects the whole review with 422.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewComment {
    /// Path of the file, relative to the repository.
    pub path: String,
    /// Line number in the file, from 1.
    pub line: u32,
    /// Side that the line number refers to.
    pub side: Side,
    /// First line of a comment on several lines: before `line`, in the same hunk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_line: Option<u32>,
    /// Side that `start_line` refers to; `None` means `side`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_side: Option<Side>,
    /// Markdown, at most 65,536 characters.
    pub body: String,
}

impl ReviewComment {
    /// Returns a comment on one line.
    pub fn at(path: impl Into<String>, line: u32, side: Side, body: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            line,
            side,
            start_line: None,
            start_side: None,
            body: body.into(),
        }
    }
}

/// A review to post in one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewReview {
    /// The reviewed commit.
    pub commit_id: HeadSha,
    pub event: ReviewEvent,
    /// Markdown, at most 65,536 characters.
    pub body: String,
    pub comments: Vec<ReviewComment>,
}

/// GitHub's id of a posted review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReviewId(pub u64);

/// Reads a change.
#[async_trait]
pub trait ReadDiff: Send + Sync {
    /// Returns the unified diff of `base...head` (three dots: from their merge
    /// base), in the `diff` media type of "Compare two commits". The call uses
    /// commit ids rather than the pull request's number, so that a concurrent push
    /// cannot change the result.
    async fn diff(&self, pr: &PrKey, base: &HeadSha, head: &HeadSha)
    -> Result<String, GitHubError>;
}

/// Reads the current state of a pull request.
#[async_trait]
pub trait ReadPullRequest: Send + Sync {
    async fn pull_request(&self, pr: &PrKey) -> Result<PullRequest, GitHubError>;
}

/// Posts reviews.
#[async_trait]
pub trait PublishReview: Send + Sync {
    /// Posts one review with all its comments. Does not retry: after a failure the
    /// caller looks for the marker first with [`WithdrawReview::own_reviews`].
    async fn create_review(&self, pr: &PrKey, review: &NewReview) -> Result<ReviewId, GitHubError>;
}

/// Reason why a GitHub call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitHubError {
    /// No response, or 5xx. The effect of the call is unknown.
    #[error("GitHub did not answer {call}: {reason}")]
    Unavailable {
        /// The call, such as `GET /repos/octo/widgets/pulls/7`.
        call: String,
        /// Cause of the failure.
        reason: String,
    },
    /// A primary or secondary rate limit ("Rate limits for the REST API").
    #[error("GitHub's rate limit holds back {call} for {}s", .retry_after.as_secs())]
    RateLimited {
        call: String,
        /// Time to wait before the next call.
        retry_after: Duration,
    },
    /// 401 or 403 that is not a rate limit.
    #[error(
        "GitHub refused {call}: {reason}; check GITHUB_TOKEN, or the App of GITHUB_APP_ID, and its permissions"
    )]
    Forbidden {
        call: String,
        /// GitHub's message.
        reason: String,
    },
    /// 404 or 410.
    #[error("GitHub has nothing at {call}: {reason}")]
    NotFound {
        call: String,
        /// GitHub's message.
        reason: String,
    },
    /// 406: the diff has more than 20,000 lines or 300 files.
    #[error("GitHub gives no diff for {call}: {reason}")]
    TooLarge {
        call: String,
        /// GitHub's message.
        reason: String,
    },
    /// 422 and every other 4xx: the same call would fail again.
    #[error("GitHub did not accept {call}: {reason}")]
    Rejected {
        call: String,
        /// GitHub's message with its list of errors.
        reason: String,
    },
}

impl Failure for GitHubError {
    fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::RateLimited { .. } => true,
            Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::TooLarge { .. }
            | Self::Rejected { .. } => false,
        }
    }

    fn wait_cause(&self) -> WaitCause {
        match self {
            Self::RateLimited { .. } => WaitCause::Pace,
            Self::Unavailable { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::TooLarge { .. }
            | Self::Rejected { .. } => WaitCause::Failure,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } => Some(*retry_after),
            Self::Unavailable { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::TooLarge { .. }
            | Self::Rejected { .. } => None,
        }
    }
}
