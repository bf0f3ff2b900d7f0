use crate::{Category, Coverage, Finding};
use async_trait::async_trait;
use diff::Diff;
use event::Failure;
use github::{HeadSha, PrKey};

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
    /// Its diff against the base.
    pub diff: &'a Diff,
}

/// What a reviewer has to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What it found, in the diff's order.
    pub findings: Vec<Finding>,
    /// What it read.
    pub coverage: Coverage,
}

/// Why a reviewer has nothing to say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReviewError {
    /// It may answer later.
    #[error("the reviewer is not available: {0}")]
    Unavailable(String),
    /// It will not answer this.
    #[error("the reviewer refused: {0}")]
    Refused(String),
}

impl Failure for ReviewError {
    fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::Refused(_) => false,
        }
    }
}
