//! The narrow ports to GitHub's REST API. A handler is given the ones that it
//! may use, not all of GitHub; only the publisher is given those that write:
//! [`PublishReview`], [`SetCheck`] and [`Summarise`].

mod check;
mod comment;
mod files;
mod identity;
mod pace;
mod vote;

pub use check::{CheckId, Conclusion, FoundCheck, NewCheck, ReadChecks, SetCheck};
pub use comment::{CommentId, Summarise};
pub use files::{
    ChangedFile, FileStatus, Files, LARGEST_FILE, MOST_FILES, MOST_LANGUAGES, ReadChange, ReadFile,
    ReadFiles, ReadLanguages, is_file_path, most_written,
};
pub use identity::WhoAmI;
pub use pace::Pace;
pub use vote::{DismissReview, OwnReview, ReviewState};

use crate::{HeadSha, PrKey};
use async_trait::async_trait;
use event::Failure;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What GitHub knows of a pull request right now ("Get a pull request").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// The newest commit.
    pub head_sha: HeadSha,
    /// Closed or merged: nothing is to be said any more.
    pub open: bool,
    /// The author's login.
    pub author: String,
    /// What the author is to the repository, such as `MEMBER` or `NONE`.
    pub author_association: String,
    /// The branch that it would be merged into.
    pub base_ref: String,
    /// Not ready for review yet.
    pub draft: bool,
}

/// What a review does ("Create a review for a pull request", `event`).
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

/// Which side of the diff a comment's line is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Side {
    /// The old file.
    Left,
    /// The new file.
    Right,
}

/// One inline comment of a review. Its lines must be within the diff, or GitHub
/// refuses the whole review with 422.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewComment {
    /// Path of the file, relative to the repository.
    pub path: String,
    /// Line number in the file, from 1.
    pub line: u32,
    /// The side that the line number counts on.
    pub side: Side,
    /// The first line, of a comment on several: before `line`, in the same hunk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_line: Option<u32>,
    /// The side that `start_line` counts on; `side`, unless it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_side: Option<Side>,
    /// Markdown, at most 65,536 characters.
    pub body: String,
}

impl ReviewComment {
    /// A comment on one line.
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

/// A review to be posted in one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewReview {
    /// The commit that was reviewed.
    pub commit_id: HeadSha,
    /// Comment, request changes or approve.
    pub event: ReviewEvent,
    /// Markdown, at most 65,536 characters.
    pub body: String,
    /// Inline comments.
    pub comments: Vec<ReviewComment>,
}

/// GitHub's id of a posted review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReviewId(pub u64);

/// Reads a change.
#[async_trait]
pub trait ReadDiff: Send + Sync {
    /// The unified diff of `base...head` (three dots: from their merge base), as
    /// "Compare two commits" gives it in the `diff` media type. By commit ids and
    /// not by number, so that a push in between cannot change what is read.
    async fn diff(&self, pr: &PrKey, base: &HeadSha, head: &HeadSha)
    -> Result<String, GitHubError>;
}

/// Reads a pull request as it stands.
#[async_trait]
pub trait ReadPullRequest: Send + Sync {
    /// The pull request right now.
    async fn pull_request(&self, pr: &PrKey) -> Result<PullRequest, GitHubError>;
}

/// Posts reviews, and looks for those that were posted before.
#[async_trait]
pub trait PublishReview: Send + Sync {
    /// The review by this bot whose body holds `marker`, if there is one.
    async fn find_review(&self, pr: &PrKey, marker: &str) -> Result<Option<ReviewId>, GitHubError>;

    /// Posts one review with all its comments. Never tried again in here: after
    /// a failure the caller looks for the marker first.
    async fn create_review(&self, pr: &PrKey, review: &NewReview) -> Result<ReviewId, GitHubError>;
}

/// Why GitHub did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitHubError {
    /// No answer, or 5xx: whether it was done is unknown.
    #[error("GitHub did not answer {call}: {reason}")]
    Unavailable {
        /// The call, such as `GET /repos/octo/widgets/pulls/7`.
        call: String,
        /// What happened instead.
        reason: String,
    },
    /// A primary or secondary rate limit ("Rate limits for the REST API").
    #[error("GitHub's rate limit holds back {call} for {}s", .retry_after.as_secs())]
    RateLimited {
        /// The call.
        call: String,
        /// How long to wait.
        retry_after: Duration,
    },
    /// 401 or 403 that is no rate limit.
    #[error(
        "GitHub refused {call}: {reason}; check GITHUB_TOKEN, or the App of GITHUB_APP_ID, and its permissions"
    )]
    Forbidden {
        /// The call.
        call: String,
        /// GitHub's message.
        reason: String,
    },
    /// 404 or 410.
    #[error("GitHub has nothing at {call}")]
    NotFound {
        /// The call.
        call: String,
    },
    /// 406: more than 20,000 lines or 300 files.
    #[error("GitHub gives no diff for {call}: {reason}")]
    TooLarge {
        /// The call.
        call: String,
        /// GitHub's message.
        reason: String,
    },
    /// 422 and every other 4xx: the same call would fail again.
    #[error("GitHub did not accept {call}: {reason}")]
    Rejected {
        /// The call.
        call: String,
        /// GitHub's message and its list of errors.
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
