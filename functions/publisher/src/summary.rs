//! Writes the summary: one comment on a pull request that shows the status of its newest head.

use crate::deps::Deps;
use crate::head::HeadState;
use crate::ignore_reason::Stop;
use crate::lease::{self, HeldLease};
use crate::published::{Attempt, PublishedPullRequest, PublishedSummary, SUMMARY, TextDigest};
use crate::status::Status;
use crate::text;
use events::HandlerError;
use github::port::{CommentId, GitHubError};
use review::message::SkipReason;

/// Returns whether the status creates a comment. Other statuses only update an existing one.
fn creates_comment(status: Status) -> bool {
    match status {
        // Without a check, the author would not see the reason for the missing review.
        Status::Skipped(SkipReason::InvalidPolicy) | Status::Reviewed | Status::Blocked => true,
        Status::Skipped(
            SkipReason::Disabled
            | SkipReason::Bot
            | SkipReason::Author
            | SkipReason::Draft
            | SkipReason::Label,
        )
        | Status::UnderWay => false,
    }
}

/// Returns whether the comment must be created or updated.
pub(crate) fn is_due(head: &HeadState, status: Status, published: &PublishedPullRequest) -> bool {
    match (status, &published.summary) {
        (Status::UnderWay, _) => false,
        (_, Some(summary)) => summary.text != digest(head, status),
        (_, None) => creates_comment(status),
    }
}

fn digest(head: &HeadState, status: Status) -> TextDigest {
    TextDigest::of([&*text::summary(head, status, "")])
}

/// Creates or updates the comment.
pub(crate) async fn publish(
    deps: &Deps,
    head: &HeadState,
    status: Status,
    held: &mut HeldLease<PublishedPullRequest>,
) -> Result<(), Stop> {
    let published = &held.value;
    let body = text::summary(head, status, published.marker.as_str());
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
        text: digest(head, status),
    });
    Ok(())
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
