use crate::{Category, Coverage, Finding, rules};
use async_trait::async_trait;
use diff::{Diff, FileDiff};
use events::{Failure, Timestamp, WaitCause};
use github::{HeadSha, PrKey};
use policy::{Attributes, Policy};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Finds problems in a change, by rules or with a model.
#[async_trait]
pub trait Reviewer: Send + Sync {
    /// Returns the name shown in the review, such as `rules`.
    fn name(&self) -> &str;

    fn category(&self) -> Category;

    /// Reviews `change`.
    ///
    /// Every finding refers to a line of the diff.
    ///
    /// # Errors
    /// [`ReviewError`] if there is no report at all. Unread parts of the change are
    /// listed in the report's coverage instead.
    async fn review(&self, change: &Change<'_>) -> Result<Report, ReviewError>;
}

/// Input of a reviewer.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    pub pr: &'a PrKey,
    /// Commit under review.
    pub head_sha: &'a HeadSha,
    /// Diff against the base, limited by the policy.
    pub diff: &'a Diff,
    /// Part of the diff changed since the last review, if any. A reviewer with a
    /// cost per call reads only this part.
    pub touched: Option<&'a Diff>,
    /// The repository's policy.
    pub policy: &'a Policy,
    /// The repository's patterns of generated files.
    pub attributes: &'a Attributes,
    /// The repository's languages by GitHub's names, largest first; empty if
    /// unknown.
    pub languages: &'a [String],
    /// Deadline of the report: a reviewer starts no slow work that would end later.
    pub deadline: Timestamp,
}

impl Change<'_> {
    /// Returns `true` for generated or vendored files.
    pub fn is_generated(&self, file: &FileDiff) -> bool {
        rules::is_generated(file) || self.attributes.is_generated(&file.path)
    }
}

/// Result of a reviewer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Findings, in the diff's order.
    pub findings: Vec<Finding>,
    /// Files and lines that it read.
    pub coverage: Coverage,
    /// Remarks for people, each a sentence: skipped questions with the reason, and
    /// omitted parts of an answer.
    pub notes: Vec<String>,
    /// Model's score of the change, 1 to 10. It is advisory; code decides.
    pub score: Option<u8>,
    /// Model usage, if a model was called.
    pub usage: Option<Usage>,
    /// Reason why part of the change is unread but may be read later. The coverage
    /// lists that part too, so the report can be published as it is.
    pub unfinished: Option<ReviewError>,
}

/// Token usage of a model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Input tokens, including cached ones.
    pub prompt_tokens: u64,
    /// Input tokens served from a cache.
    pub cached_tokens: u64,
    /// Output tokens, including reasoning.
    pub completion_tokens: u64,
    /// Cost in millionths of a US dollar; `None` if the price is unknown.
    pub micro_dollars: Option<u64>,
}

impl Usage {
    /// Adds two usages. The sum has no cost if one of them has none.
    #[must_use]
    pub fn plus(&self, more: &Self) -> Self {
        let prices = self.micro_dollars.zip(more.micro_dollars);
        Self {
            prompt_tokens: self.prompt_tokens.saturating_add(more.prompt_tokens),
            cached_tokens: self.cached_tokens.saturating_add(more.cached_tokens),
            completion_tokens: self
                .completion_tokens
                .saturating_add(more.completion_tokens),
            micro_dollars: prices.map(|(one, other)| one.saturating_add(other)),
        }
    }
}

/// Reason why a reviewer has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReviewError {
    /// A later call may succeed.
    #[error("the reviewer is not available: {0}")]
    Unavailable(String),
    /// The reviewer must not be called before `until`. Waiting does not count as a
    /// failure.
    #[error("the reviewer is paused for {}s", .wait.as_secs())]
    Paused {
        /// Time of the next allowed call.
        until: Timestamp,
        /// Duration from now.
        wait: Duration,
    },
    /// A repeated call would fail again.
    #[error("the reviewer refused: {why}")]
    Refused {
        /// Reason for the refusal.
        why: String,
        /// Usage despite the refusal.
        usage: Option<Usage>,
    },
}

impl ReviewError {
    /// Creates a refusal without usage.
    pub fn refused(why: impl Into<String>) -> Self {
        Self::Refused {
            why: why.into(),
            usage: None,
        }
    }

    /// Returns `true` if a retry before `until` is better than continuing without an
    /// answer.
    pub fn is_over_before(&self, until: Timestamp, now: Timestamp) -> bool {
        self.is_retryable() && now + self.retry_after().unwrap_or_default() < until
    }
}

impl Failure for ReviewError {
    fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Paused { .. } => true,
            Self::Refused { .. } => false,
        }
    }

    fn wait_cause(&self) -> WaitCause {
        match self {
            Self::Paused { .. } => WaitCause::Pause,
            Self::Unavailable(_) | Self::Refused { .. } => WaitCause::Failure,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Paused { wait, .. } => Some(*wait),
            Self::Unavailable(_) | Self::Refused { .. } => None,
        }
    }
}
