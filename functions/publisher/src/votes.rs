//! Dismisses the bot's votes that do not belong to the newest head and base branch. At GitHub a
//! review that only comments does not replace an earlier vote.

use crate::Publisher;
use crate::publication::MARKER;
use crate::wanted::Wanted;
use events::HandlerError;
use review::message::ReviewKey;

/// Maximum number of votes dismissed at a time: GitHub asks for one second between writes.
const MOST: usize = 10;

impl Publisher {
    /// Dismisses every vote of the bot except those that hold for the head and base branch of `of`.
    /// Idempotent: a dismissed review has no vote. The votes remain if branch protection does not
    /// let the bot dismiss them.
    pub(crate) async fn take_back_votes(&self, of: &Wanted) -> Result<(), HandlerError> {
        let pr = &of.review.pr;
        let own = self.deps.github.own_reviews(pr, MARKER).await;
        let own = of
            .or_without("reviews of the bot, to dismiss votes", own)?
            .unwrap_or_default();
        let votes: Vec<_> = own.iter().filter(|review| review.state.votes()).collect();
        if votes.is_empty() {
            return Ok(());
        }
        let current = self.current_reviews(of).await?;
        let stale = votes.into_iter().filter(|it| !current.contains(&it.id.0));
        let message = format!(
            "A newer review of {} replaces this one.",
            of.review.head_sha.short()
        );
        for vote in stale.take(MOST) {
            let now = self.deps.github.pull_request(pr).await?;
            if let Err(ignored) = of.still(&now) {
                tracing::info!(review = %of.review, %ignored, "votes not dismissed");
                return Ok(());
            }
            // Recorded first: after a crash in between, the next attempt dismisses the vote.
            if let Some(head_sha) = &vote.commit_id
                && *head_sha != of.review.head_sha
            {
                let (pr, head_sha) = (pr.clone(), head_sha.clone());
                self.withdraw_reviews(&ReviewKey { pr, head_sha }).await?;
            }
            let done = self.deps.github.dismiss_review(pr, vote.id, &message).await;
            of.or_without("dismissal of a vote", done)?;
        }
        Ok(())
    }
}
