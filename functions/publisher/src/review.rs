//! Posts reviews, and finds those of earlier attempts.

use crate::approval::{Approval, approval};
use crate::deps::Deps;
use crate::desired::{DesiredReview, ReviewContent};
use crate::head::HeadState;
use crate::ignore_reason::{IgnoreReason, Outdated, Stop};
use crate::lease::HeldLease;
use crate::published::{Marker, PublishedPullRequest, ReviewKind, ReviewObject};
use crate::text;
use diff::Diff;
use events::{HandlerError, NewEvent};
use github::port::{GitHubError, NewReview, OwnReview, ReviewEvent, ReviewState};
use policy::NoApprovalReason;
use review::message::{ReviewPublished, ReviewRecorded};

/// Maximum number of bytes of a recorded review's text in the log.
const LONGEST_LOGGED: usize = 16 << 10;

/// Maximum number of bytes of a recorded review's text in the state: an item is at most 400 KB.
const LONGEST_RECORDED: usize = 64 << 10;

/// Review that is ready to be posted.
pub(crate) struct Posting<'a> {
    deps: &'a Deps,
    head: &'a HeadState,
    content: &'a ReviewContent,
    diff: Diff,
    approval: Approval,
}

/// Reason that a review is not posted.
pub(crate) enum PostError {
    /// GitHub's answer is missing: the review may be posted.
    Unknown(GitHubError),
    /// No review is posted.
    NotPosted(Stop),
}

impl<E: Into<Stop>> From<E> for PostError {
    fn from(error: E) -> Self {
        Self::NotPosted(error.into())
    }
}

/// Reads everything that a review needs.
pub(crate) async fn prepare<'a>(
    deps: &'a Deps,
    head: &'a HeadState,
    review: &'a DesiredReview,
    held: &HeldLease<PublishedPullRequest>,
) -> Result<Posting<'a>, Stop> {
    let content = &review.content;
    Ok(Posting {
        deps,
        head,
        content,
        diff: diff(deps, head, content).await?,
        approval: match review.subject.kind {
            ReviewKind::Record | ReviewKind::Omitted => Approval::NotRequested,
            ReviewKind::Verdict | ReviewKind::Late | ReviewKind::Approval => {
                approval_of(deps, head, content, held).await?
            }
        },
    })
}

/// Decides about the approval of a review. The follow-up of an approval is not posted without one.
async fn approval_of(
    deps: &Deps,
    head: &HeadState,
    content: &ReviewContent,
    held: &HeldLease<PublishedPullRequest>,
) -> Result<Approval, Stop> {
    let verdict = match content {
        ReviewContent::Verdict(verdict) | ReviewContent::Approval(verdict) => Some(&**verdict),
        ReviewContent::Late(_) => None,
    };
    let decided = approval(deps, head, verdict, held).await?;
    Ok(match (content, decided) {
        (ReviewContent::Approval(_), Approval::Withheld(reasons)) => {
            return Err(IgnoreReason::Withheld(reasons).into());
        }
        (ReviewContent::Approval(_), Approval::NotRequested) => {
            return Err(IgnoreReason::NotRequested.into());
        }
        (_, decided) => decided,
    })
}

/// Returns the review with `marker` on GitHub, if an earlier attempt posted it. It shows `review`, if
/// that is still desired.
pub(crate) async fn find(
    deps: &Deps,
    head: &HeadState,
    review: Option<&DesiredReview>,
    marker: &Marker,
) -> Result<Option<ReviewObject>, HandlerError> {
    let own = deps.github.own_reviews(&head.review.pr, marker.as_str());
    let own = own.await?;
    let Some(found) = own.first() else {
        return Ok(None);
    };
    let comments = match review {
        Some(review) => {
            let diff = diff(deps, head, &review.content).await?;
            let marker = marker.as_str();
            let approval = Approval::NotRequested;
            let review = text::review(head, &review.content, Some(&diff), marker, &approval);
            count(&review)
        }
        None => 0,
    };
    Ok(Some(adopted(found, comments)))
}

/// Returns the diff that comments are anchored to. It is not read for a review without comments.
async fn diff(
    deps: &Deps,
    head: &HeadState,
    content: &ReviewContent,
) -> Result<Diff, HandlerError> {
    if content.findings().is_empty() {
        return Ok(Diff::default());
    }
    let (pr, head_sha) = (&head.review.pr, &head.review.head_sha);
    let base_sha = &head.item.base_sha;
    let answer = review::change::read(&*deps.github, pr, base_sha, head_sha).await;
    // Without a diff, the text lists the findings.
    let diff = head.optional_answer("diff, for comments on lines", answer)?;
    Ok(diff.unwrap_or_default())
}

/// Returns a review on GitHub as published.
pub(crate) fn adopted(found: &OwnReview, comments: u32) -> ReviewObject {
    ReviewObject::Posted {
        id: found.id,
        event: match found.state {
            ReviewState::Approved => ReviewEvent::Approve,
            ReviewState::ChangesRequested => ReviewEvent::RequestChanges,
            ReviewState::Commented | ReviewState::Dismissed | ReviewState::Other => {
                ReviewEvent::Comment
            }
        },
        comments,
    }
}

/// Returns the event that announces a review of the verdict or of late findings.
pub(crate) fn announcement(head: &HeadState, object: &ReviewObject) -> Option<NewEvent> {
    let review = head.review.clone();
    match object {
        ReviewObject::Attempt => None,
        ReviewObject::Omitted | ReviewObject::Refused { .. } => {
            Some(NewEvent::new(&ReviewPublished {
                review,
                base_branch: head.item.base_branch.clone(),
                review_id: None,
                comments: 0,
            }))
        }
        ReviewObject::Posted { id, comments, .. } => Some(NewEvent::new(&ReviewPublished {
            review,
            base_branch: head.item.base_branch.clone(),
            review_id: Some(id.0),
            comments: *comments,
        })),
        ReviewObject::Recorded { comments, .. } => Some(NewEvent::new(&ReviewRecorded {
            review,
            comments: *comments,
        })),
    }
}

impl Posting<'_> {
    /// Posts the review with `marker`, which no review on GitHub contains yet.
    pub(crate) async fn post(
        &self,
        marker: &Marker,
        held: &HeldLease<PublishedPullRequest>,
    ) -> Result<ReviewObject, PostError> {
        let github = &self.deps.github;
        let pr = &self.head.review.pr;
        let mut form = Form {
            approval: self.approval.clone(),
            votes: true,
            places: true,
        };
        loop {
            held.time_left(self.deps.clock.now())?;
            let review = form.written(self, marker);
            let answer = github.create_review(pr, &review).await;
            if let Err(GitHubError::Rejected { reason, .. }) = &answer
                && is_removed_commit(reason)
            {
                // A force push has removed it. GitHub's answer about the head was outdated.
                let may_lag = held.may_lag(self.deps.clock.now());
                return Err(match may_lag {
                    true => Outdated(IgnoreReason::RemovedCommit).into(),
                    false => IgnoreReason::RemovedCommit.into(),
                });
            }
            let less = match (&answer, self.content) {
                // It is nothing without its vote.
                (_, ReviewContent::Approval(_)) => None,
                (Err(GitHubError::Rejected { reason, .. }), _) => form.after(&review, reason),
                (Ok(_) | Err(_), _) => None,
            };
            let Some(less) = less else {
                let id = match answer {
                    Err(error @ GitHubError::Unavailable { .. }) => {
                        return Err(PostError::Unknown(error));
                    }
                    answer => answer?,
                };
                return Ok(ReviewObject::Posted {
                    id,
                    event: review.event,
                    comments: count(&review),
                });
            };
            // The head may have changed meanwhile.
            let now = github.pull_request(pr).await?;
            self.head
                .check_current(&now, held.may_lag(self.deps.clock.now()))?;
            tracing::info!(review = %self.head.review, ?answer, "GitHub refused the review; posting a reduced form");
            form = less;
        }
    }

    /// Returns the review as it would be posted.
    pub(crate) fn record(&self) -> ReviewObject {
        let diff = Some(&self.diff);
        let review = text::review(self.head, self.content, diff, "", &self.approval);
        let recorded = text::recorded(&review);
        let text = beginning(&recorded, LONGEST_LOGGED);
        tracing::info!(review = %self.head.review, text, "review recorded and not posted: publish = false");
        ReviewObject::Recorded {
            recorded: beginning(&recorded, LONGEST_RECORDED).to_owned(),
            comments: count(&review),
        }
    }
}

fn count(review: &NewReview) -> u32 {
    u32::try_from(review.comments.len()).unwrap_or(u32::MAX)
}

/// Returns the longest prefix of whole characters within `most` bytes.
fn beginning(text: &str, most: usize) -> &str {
    let end = text.floor_char_boundary(most);
    text.get(..end).unwrap_or_default()
}

/// Form of a review. Each time that GitHub refuses one, a reduced form is posted.
#[derive(Debug)]
struct Form {
    approval: Approval,
    /// True if the review votes; otherwise it only comments.
    votes: bool,
    /// True if the review has comments on lines.
    places: bool,
}

impl Form {
    fn written(&self, posting: &Posting<'_>, marker: &Marker) -> NewReview {
        let (head, content) = (posting.head, posting.content);
        let diff = self.places.then_some(&posting.diff);
        let written = text::review(head, content, diff, marker.as_str(), &self.approval);
        match self.votes {
            true => written,
            false => NewReview {
                event: ReviewEvent::Comment,
                ..written
            },
        }
    }

    /// Returns the next form after GitHub refused this one for `reason`, or `None` if there is
    /// none.
    fn after(&self, written: &NewReview, reason: &str) -> Option<Self> {
        if self.votes && is_own_pull_request(reason) {
            let approval = match &self.approval {
                Approval::Given => Approval::Withheld(vec![NoApprovalReason::OwnPullRequest]),
                other @ (Approval::NotRequested | Approval::Withheld(_)) => other.clone(),
            };
            Some(Self {
                approval,
                votes: false,
                places: self.places,
            })
        } else if self.places && !written.comments.is_empty() {
            Some(Self {
                approval: self.approval.clone(),
                votes: self.votes,
                places: false,
            })
        } else {
            None
        }
    }
}

/// Returns whether GitHub refused a review because its commit is no longer in the pull request.
fn is_removed_commit(reason: &str) -> bool {
    reason.contains("is not part of the pull request")
}

/// Returns whether GitHub refused a vote on the bot's own pull request. An author cannot approve or
/// request changes, but can comment.
fn is_own_pull_request(reason: &str) -> bool {
    reason
        .to_ascii_lowercase()
        .contains("your own pull request")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_log_line_at_whole_characters() {
        for (why, text, most, begins) in [
            ("all of it", "abc", 3, "abc"),
            ("the beginning", "abcd", 3, "abc"),
            ("no half of a letter", "abé", 3, "ab"),
            ("nothing", "é", 1, ""),
        ] {
            assert_eq!(beginning(text, most), begins, "{why}");
        }
    }
}
