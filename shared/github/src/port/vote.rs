//! Votes of reviews, and taking them back.

use super::{GitHubError, ReviewId};
use crate::{HeadSha, PrKey};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// How a review stands ("List reviews for a pull request", `state`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReviewState {
    /// It says something, and votes for nothing.
    Commented,
    /// It keeps the pull request from being merged, where reviews are asked for.
    ChangesRequested,
    /// It is a vote for merging.
    Approved,
    /// Its vote was taken back.
    Dismissed,
    /// A word of tomorrow, or one that is not submitted.
    #[serde(other)]
    Other,
}

impl ReviewState {
    /// Whether it counts for or against merging.
    pub fn votes(self) -> bool {
        match self {
            Self::ChangesRequested | Self::Approved => true,
            Self::Commented | Self::Dismissed | Self::Other => false,
        }
    }
}

/// A review by this bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnReview {
    /// Which.
    pub id: ReviewId,
    /// How it stands.
    pub state: ReviewState,
    /// The commit that it is about; `None` where GitHub does not know it any more.
    pub commit_id: Option<HeadSha>,
}

/// Takes back the bot's own votes. A comment alone lifts no "changes requested", nor
/// does it take an approval back.
#[async_trait]
pub trait DismissReview: Send + Sync {
    /// The reviews by this bot whose body holds `marker`, oldest first ("List reviews
    /// for a pull request").
    async fn own_reviews(&self, pr: &PrKey, marker: &str) -> Result<Vec<OwnReview>, GitHubError>;

    /// Takes a review's vote back, with a `message` for people ("Dismiss a review for a
    /// pull request"). Never tried again in here.
    ///
    /// # Errors
    /// [`GitHubError::Forbidden`] where the branch's protection leaves that to others,
    /// [`GitHubError::Rejected`] for one that has no vote.
    async fn dismiss_review(
        &self,
        pr: &PrKey,
        review: ReviewId,
        message: &str,
    ) -> Result<(), GitHubError>;
}
