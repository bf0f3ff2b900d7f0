//! Withdraws reviews that no longer hold. At GitHub a review that only comments does not replace an
//! earlier vote.

use crate::deps::Deps;
use crate::desired::Desired;
use crate::difference::{Withdrawal, outdated};
use crate::head::HeadState;
use crate::lease::{self, HeldLease};
use crate::published::{PublishedPullRequest, PublishedReview};
use crate::status::Status;
use crate::text;
use events::HandlerError;
use github::port::{OwnReview, ReviewId};

/// Maximum number of reviews withdrawn at a time: the rate of writes to GitHub is limited.
const MOST: usize = 10;

/// Withdraws every review that does not hold. A review remains if branch protection does not let
/// the bot dismiss it.
pub(crate) async fn withdraw(
    deps: &Deps,
    head: &HeadState,
    desired: &Desired,
    held: &mut HeldLease<PublishedPullRequest>,
) -> Result<(), HandlerError> {
    let all: Vec<_> = outdated(desired, &held.value.reviews)
        .into_iter()
        .map(|(review, way)| (review.clone(), way))
        .take(MOST)
        .collect();
    for (review, way) in all {
        held.time_left(deps.clock.now())?;
        match way {
            Withdrawal::RemoveFromState => {}
            Withdrawal::Dismiss(id) => dismiss(deps, head, desired, id).await?,
            Withdrawal::MarkOutdated(id) => mark(deps, head, &review, id).await?,
        }
        held.value.reviews.retain(|other| *other != review);
        lease::save(deps, held).await?;
    }
    Ok(())
}

async fn dismiss(
    deps: &Deps,
    head: &HeadState,
    desired: &Desired,
    id: ReviewId,
) -> Result<(), HandlerError> {
    let short = head.review.head_sha.short();
    let message = match desired.status {
        Some(Status::Skipped(_)) | None => format!("{short} is not reviewed."),
        Some(Status::UnderWay | Status::Reviewed | Status::Blocked) => {
            format!("A newer review of {short} replaces this one.")
        }
    };
    let answer = deps.github.dismiss_review(&head.review.pr, id, &message);
    head.optional_answer("dismissal of a vote", answer.await)?;
    Ok(())
}

/// Adds a first line to the text of a review.
async fn mark(
    deps: &Deps,
    head: &HeadState,
    review: &PublishedReview,
    id: ReviewId,
) -> Result<(), HandlerError> {
    let pr = &head.review.pr;
    let own = deps.github.own_reviews(pr, review.marker.as_str()).await;
    let own = head.optional_answer("text of a review, to mark it", own)?;
    let is_same = |found: &OwnReview| found.id == id;
    let Some(found) = own.and_then(|own| own.into_iter().find(is_same)) else {
        return Ok(());
    };
    let body = text::outdated(&found.body);
    if body == found.body {
        return Ok(());
    }
    let answer = deps.github.edit_review(pr, id, &body).await;
    head.optional_answer("mark of an outdated review", answer)?;
    Ok(())
}
