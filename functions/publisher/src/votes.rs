//! What the bot's reviews of older heads voted is taken back when a newer one's stands:
//! GitHub counts the latest vote of a reviewer, and a comment is none.

use crate::Publisher;
use crate::publication::MARKER;
use crate::wanted::Wanted;
use bus::HandlerError;
use github::port::OwnReview;

/// More are not taken back at a time: GitHub wants a second between writes.
const MOST: usize = 10;

impl Publisher {
    /// Takes back what the bot voted on other heads of the pull request. Once taken back
    /// a vote is none, so this may be done again and again. A branch's protection may
    /// leave votes to others: then they stay.
    pub(crate) async fn take_back_votes(&self, of: &Wanted) -> Result<(), HandlerError> {
        let pr = &of.review.pr;
        let own = self.github.own_reviews(pr, MARKER).await;
        let own = of
            .or_without("the bot's reviews, to take votes back", own)?
            .unwrap_or_default();
        let stale: Vec<_> = own.iter().filter(|review| is_stale(of, review)).collect();
        if stale.is_empty() {
            return Ok(());
        }
        let now = self.github.pull_request(pr).await?;
        if let Err(ignored) = of.still(&now) {
            tracing::info!(review = %of.review, %ignored, "votes stay as they are");
            return Ok(());
        }
        let message = format!(
            "{} is the newest commit, and was reviewed.",
            of.review.head_sha.short()
        );
        for vote in stale.into_iter().take(MOST) {
            let done = self.github.dismiss_review(pr, vote.id, &message).await;
            of.or_without("taking a vote back", done)?;
        }
        Ok(())
    }
}

fn is_stale(of: &Wanted, review: &OwnReview) -> bool {
    review.state.votes() && review.commit_id.as_ref() != Some(&of.review.head_sha)
}
