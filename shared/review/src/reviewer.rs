use crate::{Category, Coverage, Finding, rules};
use async_trait::async_trait;
use diff::{Diff, FileDiff};
use event::{Failure, Timestamp};
use github::{HeadSha, PrKey};
use policy::{Attributes, Policy};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Reads a change and says what is wrong with it: by rules, or by a model.
#[async_trait]
pub trait Reviewer: Send + Sync {
    /// How it is named in the review, such as `rules`.
    fn name(&self) -> &str;

    /// Its subject.
    fn category(&self) -> Category;

    /// Reads `change`.
    ///
    /// Every finding sits on a line of the diff.
    ///
    /// # Errors
    /// [`ReviewError`] when there is no report at all; what could not be read in
    /// part is named in the report's coverage instead.
    async fn review(&self, change: &Change<'_>) -> Result<Report, ReviewError>;
}

/// What is reviewed.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The pull request.
    pub pr: &'a PrKey,
    /// The commit under review.
    pub head_sha: &'a HeadSha,
    /// Its diff against the base, as far as the policy wants it read.
    pub diff: &'a Diff,
    /// What of the diff was touched since the last review, where there was one: what
    /// asking twice would cost again is asked of that alone.
    pub touched: Option<&'a Diff>,
    /// What the repository wants of its reviews.
    pub policy: &'a Policy,
    /// What the repository calls generated.
    pub attributes: &'a Attributes,
    /// What the repository is written in, as GitHub names it, most of it first; empty
    /// where that is not known.
    pub languages: &'a [String],
    /// When the report must be there: nothing slow is begun that would end later.
    pub deadline: Timestamp,
}

impl Change<'_> {
    /// Whether a tool wrote `file`, or people elsewhere.
    pub fn is_generated(&self, file: &FileDiff) -> bool {
        rules::is_generated(file) || self.attributes.is_generated(&file.path)
    }
}

/// What a reviewer has to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What it found, in the diff's order.
    pub findings: Vec<Finding>,
    /// What it read.
    pub coverage: Coverage,
    /// What people should know of how it was read, each a sentence: what was not
    /// asked and why, what an answer had that is not told.
    pub notes: Vec<String>,
    /// How good a model finds the change, 1 to 10. It advises; code decides.
    pub score: Option<u8>,
    /// What it took, if a model was asked.
    pub usage: Option<Usage>,
    /// Why some of it was not read that may be read later. It is named in the coverage
    /// as well: the report can go out as it is.
    pub unfinished: Option<ReviewError>,
}

/// The tokens that a model was paid for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens that were read, those from a cache included.
    pub prompt_tokens: u64,
    /// Of these, from a cache.
    pub cached_tokens: u64,
    /// Tokens that were written, those of the reasoning included.
    pub completion_tokens: u64,
    /// Millionths of a US dollar; `None` where no price is known.
    pub micro_dollars: Option<u64>,
}

impl Usage {
    /// Both together. A sum of which one price is not known has none.
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

/// Why a reviewer has nothing to say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReviewError {
    /// It may answer later.
    #[error("the reviewer is not available: {0}")]
    Unavailable(String),
    /// It must be left alone until then: waiting is not failing.
    #[error("the reviewer is paused for {}s", .wait.as_secs())]
    Paused {
        /// When it may be asked again.
        until: Timestamp,
        /// From now.
        wait: Duration,
    },
    /// It will not answer this.
    #[error("the reviewer refused: {why}")]
    Refused {
        /// Why.
        why: String,
        /// What it took all the same.
        usage: Option<Usage>,
    },
}

impl ReviewError {
    /// It will not answer this, and has not been paid for it.
    pub fn refused(why: impl Into<String>) -> Self {
        Self::Refused {
            why: why.into(),
            usage: None,
        }
    }

    /// Whether it is better to be asked again, before `until`, than to go on without an
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

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Paused { wait, .. } => Some(*wait),
            Self::Unavailable(_) | Self::Refused { .. } => None,
        }
    }
}
