//! Adopts reviews that the state does not know: it was lost, or an earlier version wrote them.

use crate::deps::Deps;
use crate::desired::Desired;
use crate::head::HeadState;
use crate::lease::HeldLease;
use crate::published::{
    MARKER, Marker, PublishedPullRequest, PublishedReview, ReviewKind, ReviewObject, Subject,
};
use crate::review::adopted;
use crate::summary;
use events::HandlerError;
use github::port::{OwnReview, ReviewState};

/// Searches GitHub once for reviews of the bot that the state does not know. Keeps the desired
/// ones; the other ones with a vote are withdrawn later. If there are any, searches for the summary
/// too.
pub(crate) async fn search(
    deps: &Deps,
    head: &HeadState,
    desired: &Desired,
    held: &mut HeldLease<PublishedPullRequest>,
) -> Result<(), HandlerError> {
    if held.value.is_searched {
        return Ok(());
    }
    let own = deps.github.own_reviews(&head.review.pr, MARKER).await?;
    let has_own = !own.is_empty();
    let wanted = desired.reviews.iter().chain(&desired.approval);
    // A version or a time before may have posted a review for a verdict that needs none.
    let wanted: Vec<_> = wanted.map(|review| review.subject.posted()).collect();
    let reviews = &mut held.value.reviews;
    for found in own {
        let stored = reviews.iter_mut().find(|review| is_same(review, &found));
        match stored {
            Some(stored) => stored.object = adopted(&found, comments(&stored.object)),
            None => {
                held.value.was_lost = true;
                reviews.extend(unknown(&wanted, &found));
            }
        }
    }
    // GitHub's ids increase.
    reviews.sort_by_key(|review| match &review.object {
        ReviewObject::Posted { id, .. } => id.0,
        ReviewObject::Attempt
        | ReviewObject::Recorded { .. }
        | ReviewObject::Omitted
        | ReviewObject::Refused { .. } => u64::MAX,
    });
    if has_own && held.value.summary.is_none() {
        held.value.summary = summary::lost(deps, head, &held.value).await?;
    }
    held.value.is_searched = true;
    Ok(())
}

fn is_same(review: &PublishedReview, found: &OwnReview) -> bool {
    match &review.object {
        ReviewObject::Posted { id, .. } => *id == found.id,
        ReviewObject::Attempt
        | ReviewObject::Recorded { .. }
        | ReviewObject::Omitted
        | ReviewObject::Refused { .. } => false,
    }
}

fn comments(object: &ReviewObject) -> u32 {
    match object {
        ReviewObject::Posted { comments, .. } | ReviewObject::Recorded { comments, .. } => {
            *comments
        }
        ReviewObject::Attempt | ReviewObject::Omitted | ReviewObject::Refused { .. } => 0,
    }
}

/// Returns a review that the state does not know, if it has a vote or is one of the `wanted` reviews.
fn unknown(wanted: &[Subject], found: &OwnReview) -> Option<PublishedReview> {
    let marker = Marker::in_text(&found.body)?;
    let is_found = |subject: &&Subject| {
        subject.head_sha == found.commit_id
            && found.state != ReviewState::Dismissed
            && marker.is_labelled(&subject.label())
    };
    let subject = match wanted.iter().find(is_found) {
        Some(subject) => subject.clone(),
        None if found.state.votes() => Subject {
            kind: ReviewKind::Verdict,
            head_sha: found.commit_id.clone(),
            base: None,
            digest: String::new(),
        },
        None => return None,
    };
    Some(PublishedReview {
        subject,
        marker,
        object: adopted(found, 0),
        attempt: None,
        is_continued: false,
    })
}
