//! Reviews of this bot that no longer hold: dismissal of votes, and edits of texts.

use super::{GitHubError, ReviewId};
use crate::{HeadSha, PrKey};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// State of a review ("List reviews for a pull request", `state`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReviewState {
    /// A comment without a vote.
    Commented,
    /// A vote against merging; it blocks the merge where reviews are required.
    ChangesRequested,
    /// A vote for merging.
    Approved,
    /// The vote was dismissed.
    Dismissed,
    /// An unknown state, or a review that is not submitted.
    #[serde(other)]
    Other,
}

impl ReviewState {
    /// Returns `true` if it counts for or against merging.
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
    pub id: ReviewId,
    pub state: ReviewState,
    /// The reviewed commit; `None` if GitHub no longer has it.
    pub commit_id: Option<HeadSha>,
    /// Markdown.
    pub body: String,
}

/// Withdraws the bot's own reviews. A later comment lifts neither "changes requested" nor
/// an approval, and a review without a vote cannot be dismissed.
#[async_trait]
pub trait WithdrawReview: Send + Sync {
    /// Returns this bot's reviews whose body contains `marker`, oldest first ("List
    /// reviews for a pull request").
    async fn own_reviews(&self, pr: &PrKey, marker: &str) -> Result<Vec<OwnReview>, GitHubError>;

    /// Dismisses a review's vote and shows `message` ("Dismiss a review for a pull
    /// request"). Does not retry.
    ///
    /// # Errors
    /// [`GitHubError::Forbidden`] if branch protection reserves dismissal for
    /// others; [`GitHubError::Rejected`] if the review has no vote.
    async fn dismiss_review(
        &self,
        pr: &PrKey,
        review: ReviewId,
        message: &str,
    ) -> Result<(), GitHubError>;

    /// Replaces the body of a review; its state and comments do not change ("Update a
    /// review for a pull request"). Does not retry, although the caller may: the call is
    /// idempotent.
    async fn edit_review(
        &self,
        pr: &PrKey,
        review: ReviewId,
        body: &str,
    ) -> Result<(), GitHubError>;
}
