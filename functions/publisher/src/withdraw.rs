//! Withdraws reviews that no longer hold. At GitHub a review that only comments does not replace an
//! earlier vote.

use crate::deps::Deps;
use crate::desired::Desired;
use crate::difference::{Withdrawal, outdated};
use crate::head::HeadState;
use crate::lease::{self, HeldLease};
use crate::published::{MARKER, PublishedPullRequest, PublishedReview};
use crate::status::Status;
use crate::text;
use events::{Failure, HandlerError, WaitCause};
use github::port::{OwnReview, ReviewId};
use std::time::Duration;

/// Maximum number of reviews withdrawn at a time: the rate of writes to GitHub is limited.
const MOST: usize = 10;

/// Maximum number of continued reviews that are stored. Older ones can no longer be marked.
const MOST_CONTINUED: usize = 100;

/// More reviews are to be withdrawn than one attempt may.
#[derive(Debug, thiserror::Error)]
#[error("more outdated reviews are to be withdrawn than {MOST}: the next attempt continues")]
struct Unfinished;

impl Failure for Unfinished {
    fn is_retryable(&self) -> bool {
        true
    }

    fn wait_cause(&self) -> WaitCause {
        WaitCause::Pace
    }

    fn retry_after(&self) -> Option<Duration> {
        Some(Duration::from_secs(10))
    }
}

/// Withdraws every review that does not hold. A review remains if branch protection does not let
/// the bot dismiss it.
pub(crate) async fn withdraw(
    deps: &Deps,
    head: &HeadState,
    desired: &Desired,
    held: &mut HeldLease<PublishedPullRequest>,
) -> Result<(), HandlerError> {
    let mut all = outdated(desired, &held.value.reviews);
    let is_all = all.len() <= MOST;
    all.truncate(MOST);
    let to_mark = |(_, way): &(_, Withdrawal)| matches!(way, Withdrawal::MarkOutdated(_));
    let texts = match all.iter().any(to_mark) {
        true => own_reviews(deps, head).await?,
        false => vec![],
    };
    let all: Vec<_> = (all.into_iter())
        .map(|(review, way)| (review.clone(), way))
        .collect();
    for (review, way) in all {
        held.time_left(deps.clock.now())?;
        match way {
            Withdrawal::RemoveFromState | Withdrawal::MarkContinued => {}
            Withdrawal::Dismiss(id) => dismiss(deps, head, desired, id).await?,
            Withdrawal::MarkOutdated(id) => mark(deps, head, &texts, id).await?,
        }
        let reviews = &mut held.value.reviews;
        match way {
            Withdrawal::MarkContinued => {
                let continued = reviews.iter_mut().filter(|other| **other == review);
                continued.for_each(|review| review.is_continued = true);
            }
            Withdrawal::RemoveFromState | Withdrawal::Dismiss(_) | Withdrawal::MarkOutdated(_) => {
                reviews.retain(|other| *other != review);
            }
        }
        remove_oldest_continued(reviews);
        lease::save(deps, held).await?;
    }
    match is_all {
        true => Ok(()),
        false => Err(Unfinished.into()),
    }
}

fn remove_oldest_continued(reviews: &mut Vec<PublishedReview>) {
    let continued = reviews.iter().filter(|review| review.is_continued).count();
    if continued > MOST_CONTINUED
        && let Some(oldest) = reviews.iter().position(|review| review.is_continued)
    {
        reviews.remove(oldest);
    }
}

/// Returns the bot's reviews with their texts.
async fn own_reviews(deps: &Deps, head: &HeadState) -> Result<Vec<OwnReview>, HandlerError> {
    let own = deps.github.own_reviews(&head.review.pr, MARKER).await;
    let own = head.optional_answer("texts of reviews, to mark them", own)?;
    Ok(own.unwrap_or_default())
}

async fn dismiss(
    deps: &Deps,
    head: &HeadState,
    desired: &Desired,
    id: ReviewId,
) -> Result<(), HandlerError> {
    let short = head.review.head_sha.short();
    let message = match desired.status {
        Some(Status::Skipped(_)) => format!("{short} is not reviewed."),
        None => "Reviews are not published: the settings have publish = false.".to_owned(),
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
    own: &[OwnReview],
    id: ReviewId,
) -> Result<(), HandlerError> {
    let Some(found) = own.iter().find(|found| found.id == id) else {
        return Ok(());
    };
    let body = text::outdated(&found.body);
    if body == found.body {
        return Ok(());
    }
    let answer = deps.github.edit_review(&head.review.pr, id, &body).await;
    head.optional_answer("mark of an outdated review", answer)?;
    Ok(())
}
