//! Decides by the settings which parts of a review are shown. At most one notification follows a
//! push: its review, or a comment that is created without a review.

use crate::deps::Deps;
use crate::head::HeadState;
use crate::lease::LeasedItem;
use crate::published::{
    CheckRun, PublishedCheck, PublishedPullRequest, PublishedReview, ReviewKind, ReviewObject,
};
use crate::status::Status;
use events::HandlerError;
use github::port::ReviewEvent;
use policy::{Policy, Show};
use review::item::Verdict;
use review::message::{ReviewKey, SkipReason};

/// State of the check of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CheckState {
    /// It shows the status of the head.
    Shown,
    /// GitHub refuses it: it accepts checks only from Apps.
    Refused,
    /// The settings hide it.
    Hidden,
    /// It is not set yet.
    Unknown,
}

/// Returns the state of the check of `review`.
pub(crate) async fn check_state(
    deps: &Deps,
    review: &ReviewKey,
    policy: &Policy,
) -> Result<CheckState, HandlerError> {
    match policy.show.check {
        Show::Always => {}
        // A clean verdict needs no check, and nothing replaces it.
        Show::Findings | Show::Never => return Ok(CheckState::Hidden),
    }
    let key = PublishedCheck::key(&review.pr.repo, &review.head_sha);
    let check: Option<LeasedItem<PublishedCheck>> = deps.state.peek(&key).await?;
    let Some(check) = check else {
        return Ok(CheckState::Unknown);
    };
    Ok(match &check.value.run {
        Some(CheckRun::Set { .. }) => CheckState::Shown,
        Some(CheckRun::Refused(_)) => CheckState::Refused,
        // The attempt failed.
        Some(CheckRun::Attempt) if !check.is_in_use() => CheckState::Refused,
        Some(CheckRun::Attempt) | None => CheckState::Unknown,
    })
}

/// Returns the reason for which GitHub finally refused a review of this head and base branch.
pub(crate) async fn refusal(
    deps: &Deps,
    review: &ReviewKey,
    base: Option<&String>,
) -> Result<Option<String>, HandlerError> {
    let key = PublishedPullRequest::key(&review.pr);
    let published: Option<LeasedItem<PublishedPullRequest>> = deps.state.peek(&key).await?;
    let reviews = published.into_iter().flat_map(|it| it.value.reviews);
    let reason = |it: PublishedReview| match it.object {
        ReviewObject::Refused { reason } => {
            let is_head = it.subject.head_sha.as_ref() == Some(&review.head_sha);
            (is_head && it.subject.base.as_ref() == base).then_some(reason)
        }
        ReviewObject::Attempt
        | ReviewObject::Posted { .. }
        | ReviewObject::Omitted
        | ReviewObject::Recorded { .. } => None,
    };
    Ok(reviews.filter_map(reason).next_back())
}

impl HeadState {
    /// Returns whether the verdict has a review only if the check cannot show the result.
    pub(crate) fn prefers_check(&self) -> bool {
        let policy = &self.item.policy;
        let verdict = self.item.verdict.as_ref();
        policy.publish
            && policy.show.review == Show::Findings
            && verdict.is_some_and(|verdict| !has_new_findings(verdict))
    }

    /// Returns whether the check is shown, if GitHub does not show it already.
    pub(crate) fn shows_check(&self, status: Status) -> bool {
        match self.item.policy.show.check {
            Show::Always => true,
            Show::Never => false,
            Show::Findings => match (status, &self.item.verdict) {
                (Status::Blocked, _) => true,
                (Status::Reviewed, Some(verdict)) => has_findings(verdict),
                (Status::Reviewed, None) | (Status::Skipped(_) | Status::UnderWay, _) => false,
            },
        }
    }

    /// Returns the kind of the review that shows the `verdict`; `None` until it is known whether the
    /// check can show it.
    pub(crate) fn review_kind(
        &self,
        verdict: &Verdict,
        published: Option<&PublishedPullRequest>,
    ) -> Option<ReviewKind> {
        let policy = &self.item.policy;
        match (policy.publish, policy.show.review) {
            (false, _) => Some(ReviewKind::Record),
            (true, Show::Always) => Some(ReviewKind::Verdict),
            (true, Show::Never) => Some(ReviewKind::Omitted),
            (true, Show::Findings) if has_new_findings(verdict) => Some(ReviewKind::Verdict),
            (true, Show::Findings) => match self.check {
                CheckState::Shown | CheckState::Hidden => Some(ReviewKind::Omitted),
                CheckState::Unknown => None,
                // The summary comment shows later heads.
                CheckState::Refused if self.is_other_visible(published) => {
                    Some(ReviewKind::Omitted)
                }
                CheckState::Refused => Some(ReviewKind::Verdict),
            },
        }
    }

    /// Returns whether GitHub shows the summary, or a review of another head or base branch.
    fn is_other_visible(&self, published: Option<&PublishedPullRequest>) -> bool {
        published.is_some_and(|published| {
            let is_posted = |object: &ReviewObject| match object {
                ReviewObject::Posted { .. } => true,
                ReviewObject::Attempt
                | ReviewObject::Recorded { .. }
                | ReviewObject::Omitted
                | ReviewObject::Refused { .. } => false,
            };
            let mut reviews = published.reviews.iter();
            published.summary.is_some()
                || reviews.any(|review| {
                    let subject = &review.subject;
                    let is_same_head = subject.head_sha.as_ref() == Some(&self.review.head_sha);
                    let is_same = is_same_head && subject.base == self.item.base_branch;
                    !is_same && is_posted(&review.object)
                })
        })
    }

    /// Returns whether a missing summary comment is created. `has_review` tells whether this head
    /// has a review.
    pub(crate) fn creates_summary(&self, status: Status, has_review: bool) -> bool {
        let show = self.item.policy.show.summary;
        match (show, status) {
            (Show::Never, _) | (_, Status::UnderWay) => false,
            (Show::Always | Show::Findings, Status::Skipped(reason)) => is_problem(reason),
            (Show::Always | Show::Findings, Status::Reviewed | Status::Blocked) if has_review => {
                false
            }
            (Show::Always, Status::Reviewed | Status::Blocked) => true,
            (Show::Findings, Status::Blocked) => true,
            (Show::Findings, Status::Reviewed) => match self.check {
                CheckState::Refused => true,
                CheckState::Unknown => false,
                // The check names the reason of the refusal.
                CheckState::Shown if self.refusal.is_some() => false,
                CheckState::Shown | CheckState::Hidden => {
                    self.item.verdict.as_ref().is_some_and(has_findings)
                }
            },
        }
    }
}

/// Returns whether the verdict needs a review: it requests changes, or it has new findings.
fn has_new_findings(verdict: &Verdict) -> bool {
    verdict.event == ReviewEvent::RequestChanges || !verdict.findings.is_empty()
}

/// Returns whether the verdict lists anything that the author has to do.
pub(crate) fn has_findings(verdict: &Verdict) -> bool {
    verdict.open().next().is_some()
        || !verdict.late.is_empty()
        || !verdict.to_revoke.is_empty()
        || verdict.event == ReviewEvent::RequestChanges
}

/// Returns whether the author has to solve a problem before a review is possible. Without a check,
/// the author would not see the reason for the missing review.
fn is_problem(reason: SkipReason) -> bool {
    match reason {
        SkipReason::InvalidPolicy | SkipReason::Unreadable => true,
        SkipReason::Disabled
        | SkipReason::Bot
        | SkipReason::Author
        | SkipReason::Draft
        | SkipReason::Label => false,
    }
}
