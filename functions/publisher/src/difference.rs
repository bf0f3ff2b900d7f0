//! Compares what is published with what should be.

use crate::desired::{Desired, DesiredReview};
use crate::published::{PublishedReview, ReviewKind, ReviewObject, Subject};
use crate::status::Status;
use github::port::{ReviewEvent, ReviewId};

/// Way to withdraw a review that no longer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Withdrawal {
    /// Its vote is dismissed.
    Dismiss(ReviewId),
    /// It has no vote, which GitHub does not let the bot dismiss. Its text is marked as outdated.
    MarkOutdated(ReviewId),
    /// It remains: the verdict continues its findings.
    MarkContinued,
    /// It is not on GitHub.
    RemoveFromState,
}

/// Returns the desired reviews that are not published. With `is_retry`, those that GitHub refused
/// count as missing.
pub(crate) fn missing<'a>(
    desired: &'a Desired,
    published: &[PublishedReview],
    is_retry: bool,
) -> Vec<&'a DesiredReview> {
    let is_missing = |review: &&DesiredReview| {
        let mut holding = holding(desired, published);
        !holding.any(|published| {
            let is_refused = matches!(published.object, ReviewObject::Refused { .. });
            published.subject.shows(&review.subject) && !(is_retry && is_refused)
        })
    };
    desired.reviews.iter().filter(is_missing).collect()
}

/// Returns the published reviews that no longer hold, with the way to withdraw each. There are none
/// while a review is under way: its verdict replaces them.
pub(crate) fn outdated<'a>(
    desired: &Desired,
    published: &'a [PublishedReview],
) -> Vec<(&'a PublishedReview, Withdrawal)> {
    if desired.status == Some(Status::UnderWay) {
        return vec![];
    }
    let holding: Vec<_> = holding(desired, published).collect();
    let others = published.iter().filter(|review| !holding.contains(review));
    let with_way = |review| withdrawal(desired, review).map(|way| (review, way));
    others.filter_map(with_way).collect()
}

/// Returns the way to withdraw a review that does not hold, or `None` if it stays as it is.
fn withdrawal(desired: &Desired, review: &PublishedReview) -> Option<Withdrawal> {
    let id = match review.object {
        ReviewObject::Attempt
        | ReviewObject::Recorded { .. }
        | ReviewObject::Omitted
        | ReviewObject::Refused { .. } => {
            return Some(Withdrawal::RemoveFromState);
        }
        ReviewObject::Posted { id, event, .. } => match event {
            ReviewEvent::Approve | ReviewEvent::RequestChanges => {
                return Some(Withdrawal::Dismiss(id));
            }
            ReviewEvent::Comment => id,
        },
    };
    let verdict = desired.reviews.first()?;
    let has_same_base = review.subject.base == verdict.subject.base;
    let has_review = verdict.subject.kind != ReviewKind::Omitted;
    match &desired.since {
        // No finding is open, and no other review says so.
        Some(_) if !has_review && !desired.is_still_open => Some(Withdrawal::MarkOutdated(id)),
        // The findings of a continued review are continued through the reviews in between.
        Some(_) if has_same_base && review.is_continued => None,
        Some(since) if has_same_base && review.subject.head_sha.as_ref() == Some(since) => {
            Some(Withdrawal::MarkContinued)
        }
        Some(_) | None => Some(Withdrawal::MarkOutdated(id)),
    }
}

/// Returns the published reviews that are desired and that no later review contradicts.
pub(crate) fn holding<'a>(
    desired: &'a Desired,
    published: &'a [PublishedReview],
) -> impl Iterator<Item = &'a PublishedReview> {
    let is_contradicted = |index: usize, review: &PublishedReview| {
        let mut later = published.iter().skip(index + 1).map(|later| &later.subject);
        later.any(|later| {
            later.kind == review.subject.kind || !later.has_same_head_and_base(&review.subject)
        })
    };
    let holds = move |(index, review): (usize, &'a PublishedReview)| {
        let holds = is_desired(desired, &review.subject) && !is_contradicted(index, review);
        holds.then_some(review)
    };
    published.iter().enumerate().filter_map(holds)
}

/// Returns whether a review of `subject` is desired, or approves a desired verdict.
fn is_desired(desired: &Desired, subject: &Subject) -> bool {
    let verdict = Subject {
        kind: ReviewKind::Verdict,
        ..subject.clone()
    };
    let wanted = match subject.kind {
        ReviewKind::Approval => &verdict,
        ReviewKind::Verdict | ReviewKind::Record | ReviewKind::Omitted | ReviewKind::Late => {
            subject
        }
    };
    let mut reviews = desired.reviews.iter();
    reviews.any(|review| wanted.shows(&review.subject))
}
