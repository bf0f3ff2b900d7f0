//! Writes the summary: one comment on a pull request that shows the status of its newest head.

use crate::deps::Deps;
use crate::desired::Desired;
use crate::difference::holding;
use crate::head::HeadState;
use crate::ignore_reason::Stop;
use crate::lease::{self, HeldLease};
use crate::published::{
    Attempt, PublishedPullRequest, PublishedReview, PublishedSummary, ReviewObject, SUMMARY,
    TextDigest,
};
use crate::status::Status;
use crate::text;
use events::HandlerError;
use github::port::{CommentId, GitHubError};

/// Returns whether the comment must be created or updated.
pub(crate) fn is_due(
    head: &HeadState,
    status: Status,
    desired: &Desired,
    published: &PublishedPullRequest,
) -> bool {
    let has_review = has_review(desired, published);
    match (status, &published.summary) {
        (Status::UnderWay, _) => false,
        (_, Some(summary)) => summary.text != digest(head, status, has_review),
        (_, None) => head.creates_summary(status, has_review),
    }
}

/// Returns whether a review on GitHub shows the verdict.
pub(crate) fn has_review(desired: &Desired, published: &PublishedPullRequest) -> bool {
    let is_posted = |review: &PublishedReview| match review.object {
        ReviewObject::Posted { .. } => true,
        ReviewObject::Attempt
        | ReviewObject::Recorded { .. }
        | ReviewObject::Omitted
        | ReviewObject::Refused { .. } => false,
    };
    holding(desired, &published.reviews).any(is_posted)
}

fn digest(head: &HeadState, status: Status, has_review: bool) -> TextDigest {
    TextDigest::of([&*text::summary(head, status, has_review, "")])
}

/// Creates or updates the comment for the status of the head. It is short if the head has a review.
pub(crate) async fn publish(
    deps: &Deps,
    head: &HeadState,
    shown: (Status, bool),
    held: &mut HeldLease<PublishedPullRequest>,
) -> Result<(), Stop> {
    let published = &held.value;
    let (status, has_review) = shown;
    let body = text::summary(head, status, has_review, published.marker.as_str());
    let stored = published.summary.as_ref().map(|summary| summary.comment);
    let updated = match stored {
        Some(comment) if update(deps, head, held, comment, &body).await? => Some(comment),
        Some(_) => None,
        None => match find(deps, head, published).await? {
            Some(comment) if update(deps, head, held, comment, &body).await? => Some(comment),
            Some(_) | None => None,
        },
    };
    let comment = match updated {
        Some(comment) => comment,
        None => {
            Attempt::check_over(published.summary_attempt, deps.clock.now())?;
            create(deps, head, &body, held).await?
        }
    };
    held.value.summary_attempt = None;
    held.value.summary = Some(PublishedSummary {
        comment,
        text: digest(head, status, has_review),
    });
    Ok(())
}

/// Returns the comment of a state that was lost. Its text is unknown.
pub(crate) async fn lost(
    deps: &Deps,
    head: &HeadState,
    published: &PublishedPullRequest,
) -> Result<Option<PublishedSummary>, HandlerError> {
    let found = find(deps, head, published).await?;
    Ok(found.map(|comment| PublishedSummary {
        comment,
        text: TextDigest::default(),
    }))
}

/// Creates the comment. The attempt is stored first, so that the next attempt searches for the
/// comment if the answer is missing.
async fn create(
    deps: &Deps,
    head: &HeadState,
    body: &str,
    held: &mut HeldLease<PublishedPullRequest>,
) -> Result<CommentId, Stop> {
    let now = deps.clock.now();
    held.time_left(now)?;
    held.value.summary = None;
    held.value.summary_attempt = Some(Attempt::new(now));
    lease::save(deps, held).await?;
    let created = deps.github.create_comment(&head.review.pr, body).await;
    if let Err(error) = &created
        && !matches!(error, GitHubError::Unavailable { .. })
    {
        held.value.summary_attempt = None;
    }
    Ok(created?)
}

/// Returns the comment of an attempt that did not store it, or of a state that was lost.
async fn find(
    deps: &Deps,
    head: &HeadState,
    published: &PublishedPullRequest,
) -> Result<Option<CommentId>, HandlerError> {
    let marker = match published.marker.is_labelled(SUMMARY) {
        true => format!(" {SUMMARY} -->"),
        // A marker of a version before labels.
        false => published.marker.as_str().to_owned(),
    };
    Ok(deps.github.find_comment(&head.review.pr, &marker).await?)
}

/// Updates the comment. Returns `false` if it was deleted.
async fn update(
    deps: &Deps,
    head: &HeadState,
    held: &HeldLease<PublishedPullRequest>,
    comment: CommentId,
    body: &str,
) -> Result<bool, HandlerError> {
    held.time_left(deps.clock.now())?;
    let repo = &head.review.pr.repo;
    match deps.github.update_comment(repo, comment, body).await {
        Err(GitHubError::NotFound { .. }) => Ok(false),
        answer => Ok(answer.map(|()| true)?),
    }
}
