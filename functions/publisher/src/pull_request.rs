//! Publishes the reviews and the summary of a pull request.

use crate::adopt;
use crate::deps::{Deps, NAME};
use crate::desired::{Desired, DesiredReview, desired};
use crate::difference::{holding, missing, outdated};
use crate::head::{HeadState, load_newest};
use crate::ignore_reason::{IgnoreReason, Stop};
use crate::lease::{self, HeldLease, LeasedItem, Work};
use crate::published::{
    Attempt, Marker, PublishedPullRequest, PublishedReview, ReviewKind, ReviewObject,
};
use crate::review::PostError;
use crate::{old_items, review, summary, withdraw};
use ::review::item::RETENTION;
use ::review::message::{ReviewKey, ReviewPublished};
use async_trait::async_trait;
use events::{Event, HandlerError, NewEvent, Outcome};
use github::port::ReviewEvent;
use state::Decision;

/// Part of the desired state that an event affects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The reviews.
    Reviews,
    /// The reviews, the summary, and the withdrawal of reviews that no longer hold.
    ReviewsAndSummary,
    /// The approval that waits for the checks of other Apps.
    PendingApproval,
    /// Everything, for events that were postponed.
    All,
}

impl Scope {
    fn has_reviews(self) -> bool {
        match self {
            Self::Reviews | Self::ReviewsAndSummary | Self::All => true,
            Self::PendingApproval => false,
        }
    }

    fn has_approval(self) -> bool {
        match self {
            Self::PendingApproval | Self::All => true,
            Self::Reviews | Self::ReviewsAndSummary => false,
        }
    }

    /// Returns whether the scope has the summary and withdrawals. A review that is not posted has
    /// no event of its own for them.
    fn has_summary(self, desired: &Desired) -> bool {
        match self {
            Self::ReviewsAndSummary | Self::All => true,
            Self::Reviews => desired.status.is_none(),
            Self::PendingApproval => false,
        }
    }
}

/// Request to publish.
#[derive(Debug, Clone)]
pub(crate) struct Request<'a> {
    pub(crate) event: &'a Event,
    pub(crate) review: &'a ReviewKey,
    pub(crate) scope: Scope,
    /// Published review that the event announces. It is not announced again.
    pub(crate) announced: Option<&'a ReviewPublished>,
}

/// Publishes what is desired for the newest head of the pull request. An event that is to be
/// `ignored` only continues the work of postponed events.
pub(crate) async fn publish(
    deps: &Deps,
    request: &Request<'_>,
    ignored: Option<IgnoreReason>,
) -> Result<Outcome, HandlerError> {
    let key = PublishedPullRequest::key(&request.review.pr);
    let seen: Option<LeasedItem<PublishedPullRequest>> = deps.state.peek(&key).await?;
    let first = match seen {
        Some(seen) if seen.is_in_use() => seen.value,
        seen => {
            if let Some(reason) = ignored {
                return Ok(reason.outcome());
            }
            let head = match load_newest(deps, request.review).await {
                Ok(head) => head,
                Err(Stop::Ignored(reason)) => return Ok(reason.outcome()),
                Err(Stop::Failed(error)) => return Err(error),
            };
            let (published, is_old) = match seen {
                Some(seen) => (seen.value, false),
                None => {
                    let desired = desired(&head, None);
                    old_items::pull_request(deps, &head.review, &desired).await?
                }
            };
            let desired = desired(&head, Some(&published));
            // Old items do not hold the votes: GitHub is searched for them.
            if !is_old && !is_due(request.scope, &head, &desired, &published) {
                return announce(deps, request, &head, &desired).await;
            }
            published
        }
    };
    let mut work = PullRequestWork {
        request,
        emits: vec![],
    };
    lease::run(deps, request.event, key, &first, |_| true, &mut work).await
}

/// Returns whether something differs from what is desired.
fn is_due(
    scope: Scope,
    head: &HeadState,
    desired: &Desired,
    published: &PublishedPullRequest,
) -> bool {
    let reviews = &published.reviews;
    let has_attempt = || {
        let mut objects = reviews.iter().map(|review| &review.object);
        objects.any(|object| *object == ReviewObject::Attempt)
    };
    let summary = |status| summary::is_due(head, status, desired, published);
    (scope.has_reviews()
        && (has_attempt() || !missing(desired, reviews, scope == Scope::Reviews).is_empty()))
        || (may_approve_now(scope, desired, reviews) && approval(head, desired, reviews).is_ok())
        || (scope.has_summary(desired)
            && (!outdated(desired, reviews).is_empty() || desired.status.is_some_and(summary)))
}

/// Returns whether an approval is posted if it is due. A verdict without a review has not read the
/// checks of other Apps yet.
fn may_approve_now(scope: Scope, desired: &Desired, published: &[PublishedReview]) -> bool {
    let mut holding = holding(desired, published);
    scope.has_approval()
        || (scope.has_reviews() && holding.any(|it| it.object == ReviewObject::Omitted))
}

/// Returns the approval that may follow the verdict's review.
fn approval<'a>(
    head: &HeadState,
    desired: &'a Desired,
    published: &[PublishedReview],
) -> Result<&'a DesiredReview, IgnoreReason> {
    let approval = desired.approval.as_ref().ok_or(match &head.item.verdict {
        Some(_) => IgnoreReason::NotRequested,
        None => IgnoreReason::NotReviewed,
    })?;
    let holding: Vec<_> = holding(desired, published).collect();
    if holding
        .iter()
        .any(|it| it.subject.kind == ReviewKind::Approval)
    {
        return Err(IgnoreReason::Already);
    }
    let is_verdict = |it: &&&PublishedReview| match it.subject.kind {
        ReviewKind::Verdict | ReviewKind::Omitted => true,
        ReviewKind::Record | ReviewKind::Late | ReviewKind::Approval => false,
    };
    let verdict = holding.iter().find(is_verdict);
    match verdict.map(|verdict| &verdict.object) {
        Some(
            ReviewObject::Posted {
                event: ReviewEvent::Comment,
                ..
            }
            | ReviewObject::Omitted,
        ) => Ok(approval),
        Some(ReviewObject::Posted { .. }) => Err(IgnoreReason::Already),
        Some(
            ReviewObject::Attempt | ReviewObject::Recorded { .. } | ReviewObject::Refused { .. },
        )
        | None => Err(IgnoreReason::NotReviewed),
    }
}

/// Returns the announcement of the newest published review that holds, unless the event announces
/// it. It is emitted again: a subscriber may have been at another head, and an attempt may have
/// crashed before it emitted it.
fn announcements(
    request: &Request<'_>,
    head: &HeadState,
    desired: &Desired,
    published: &[PublishedReview],
) -> Vec<NewEvent> {
    if desired.status.is_none() && request.scope == Scope::ReviewsAndSummary {
        return vec![];
    }
    let newest = holding(desired, published)
        .filter(|review| review.subject.kind != ReviewKind::Approval)
        .last();
    let is_announced = |object: &ReviewObject| match (object, request.announced) {
        (ReviewObject::Posted { id, .. }, Some(announced)) => announced.review_id == Some(id.0),
        (ReviewObject::Omitted | ReviewObject::Refused { .. }, Some(announced)) => {
            announced.review_id.is_none() && announced.review.head_sha == head.review.head_sha
        }
        (ReviewObject::Attempt | ReviewObject::Recorded { .. }, _) | (_, None) => false,
    };
    let newest = newest.filter(|review| !is_announced(&review.object));
    let event = newest.and_then(|review| review::announcement(head, &review.object));
    event.into_iter().collect()
}

/// Announces the published reviews of a pull request without a difference.
async fn announce(
    deps: &Deps,
    request: &Request<'_>,
    head: &HeadState,
    desired: &Desired,
) -> Result<Outcome, HandlerError> {
    let key = PublishedPullRequest::key(&request.review.pr);
    let decide = |seen: Option<&LeasedItem<PublishedPullRequest>>, now| {
        let published = seen.map(|seen| &*seen.value.reviews).unwrap_or_default();
        let emits = match request.scope {
            Scope::PendingApproval => vec![],
            Scope::Reviews | Scope::ReviewsAndSummary | Scope::All => {
                announcements(request, head, desired, published)
            }
        };
        match seen {
            Some(seen) if !emits.is_empty() => Decision::Write {
                next: seen.clone(),
                emits,
                expires_at: Some(now + RETENTION),
            },
            Some(_) | None => Decision::Ignore(match request.scope {
                Scope::PendingApproval => match approval(head, desired, published) {
                    Ok(_) => IgnoreReason::Already,
                    Err(reason) => reason,
                },
                Scope::Reviews | Scope::ReviewsAndSummary | Scope::All => match desired.status {
                    None => IgnoreReason::Unpublished,
                    Some(_) => IgnoreReason::Already,
                },
            }),
        }
    };
    let turn = deps.state.turn(&key, NAME, request.event, decide).await?;
    let (outcome, events) = turn.into_parts();
    deps.bus.emit(events).await?;
    Ok(outcome)
}

struct PullRequestWork<'a> {
    request: &'a Request<'a>,
    /// Announcement of what is published.
    emits: Vec<NewEvent>,
}

#[async_trait]
impl Work<PublishedPullRequest> for PullRequestWork<'_> {
    async fn apply(
        &mut self,
        deps: &Deps,
        held: &mut HeldLease<PublishedPullRequest>,
    ) -> Result<(), Stop> {
        let head = load_newest(deps, self.request.review).await?;
        let expected = desired(&head, Some(&held.value));
        // Postponed events may need any part.
        let scope = match held.postponed {
            0 => self.request.scope,
            _ => Scope::All,
        };
        resolve_attempts(deps, &head, &expected, held).await?;
        adopt::search(deps, &head, &expected, held).await?;
        let desired = desired(&head, Some(&held.value));
        let posted = post_missing(deps, &head, &desired, scope, held).await;
        self.emits = match scope {
            Scope::PendingApproval => vec![],
            Scope::Reviews | Scope::ReviewsAndSummary | Scope::All => {
                announcements(self.request, &head, &desired, &held.value.reviews)
            }
        };
        posted?;
        match scope.has_summary(&desired) {
            true => summarise(deps, &head, &desired, held).await,
            false => Ok(()),
        }
    }

    fn emits(&self) -> &[NewEvent] {
        &self.emits
    }
}

/// Finds out whether earlier attempts have posted their reviews.
async fn resolve_attempts(
    deps: &Deps,
    head: &HeadState,
    desired: &Desired,
    held: &mut HeldLease<PublishedPullRequest>,
) -> Result<(), Stop> {
    let mut resolved = Vec::new();
    for review in &held.value.reviews {
        let object = match review.object {
            ReviewObject::Attempt => {
                let mut wanted = desired.reviews.iter();
                let wanted = wanted.find(|wanted| wanted.subject == review.subject);
                let found = review::find(deps, head, wanted, &review.marker).await?;
                if found.is_none() {
                    Attempt::check_over(review.attempt, deps.clock.now())?;
                }
                found
            }
            ReviewObject::Posted { .. }
            | ReviewObject::Recorded { .. }
            | ReviewObject::Omitted
            | ReviewObject::Refused { .. } => Some(review.object.clone()),
        };
        resolved.extend(object.map(|object| PublishedReview {
            object,
            attempt: None,
            ..review.clone()
        }));
    }
    held.value.reviews = resolved;
    Ok(())
}

/// Posts the reviews that are missing, and the approval that has become due.
async fn post_missing(
    deps: &Deps,
    head: &HeadState,
    desired: &Desired,
    scope: Scope,
    held: &mut HeldLease<PublishedPullRequest>,
) -> Result<(), Stop> {
    let missing = match scope.has_reviews() {
        true => missing(desired, &held.value.reviews, scope == Scope::Reviews),
        false => vec![],
    };
    let is_posted = |it: &&DesiredReview| it.subject.kind != ReviewKind::Omitted;
    let has_posted = missing.iter().any(is_posted);
    for review in missing {
        post(deps, head, review, held).await?;
    }
    // A review that was just posted has read the checks itself.
    if has_posted || !may_approve_now(scope, desired, &held.value.reviews) {
        return Ok(());
    }
    let posted = match approval(head, desired, &held.value.reviews) {
        Ok(approval) => post(deps, head, approval, held).await,
        Err(reason) => Err(reason.into()),
    };
    match (scope, posted) {
        // The other parts do not depend on the approval.
        (Scope::Reviews | Scope::ReviewsAndSummary | Scope::All, Err(Stop::Ignored(_))) => Ok(()),
        (_, posted) => posted,
    }
}

/// Posts one review. Its marker is stored first, so that the next attempt finds the review if this
/// one crashes.
async fn post(
    deps: &Deps,
    head: &HeadState,
    review: &DesiredReview,
    held: &mut HeldLease<PublishedPullRequest>,
) -> Result<(), Stop> {
    let is_refused = |it: &PublishedReview| matches!(it.object, ReviewObject::Refused { .. });
    let reviews = &mut held.value.reviews;
    reviews.retain(|it| !is_refused(it) || it.subject != review.subject);
    let published = PublishedReview {
        subject: review.subject.clone(),
        marker: Marker::draw(&*deps.entropy, &review.subject.label()),
        object: ReviewObject::Attempt,
        attempt: Some(Attempt::new(deps.clock.now())),
        is_continued: false,
    };
    if review.subject.kind == ReviewKind::Omitted {
        held.value.reviews.push(PublishedReview {
            object: ReviewObject::Omitted,
            attempt: None,
            ..published
        });
        return Ok(());
    }
    let posting = match review::prepare(deps, head, review, held).await {
        Ok(posting) => posting,
        Err(stop) => return refuse(stop, published, held),
    };
    if review.subject.kind == ReviewKind::Record {
        held.value.reviews.push(PublishedReview {
            object: posting.record(),
            attempt: None,
            ..published
        });
        return Ok(());
    }
    held.value.reviews.push(published.clone());
    lease::save(deps, held).await?;
    let posted = posting.post(&published.marker, held).await;
    match posted {
        Ok(object) => {
            held.value.reviews.pop();
            held.value.reviews.push(PublishedReview {
                object,
                attempt: None,
                ..published
            });
            Ok(())
        }
        // The next attempt searches for the marker.
        Err(PostError::Unknown(error)) => Err(error.into()),
        Err(PostError::NotPosted(stop)) => {
            held.value.reviews.pop();
            refuse(stop, published, held)
        }
    }
}

/// Stores the reason of a final refusal: the check and the summary show it. An approval and a record
/// show nothing that the author needs.
fn refuse(
    stop: Stop,
    published: PublishedReview,
    held: &mut HeldLease<PublishedPullRequest>,
) -> Result<(), Stop> {
    let is_shown = match published.subject.kind {
        ReviewKind::Verdict | ReviewKind::Late => true,
        ReviewKind::Record | ReviewKind::Omitted | ReviewKind::Approval => false,
    };
    match stop {
        Stop::Failed(error) if is_shown && !error.is_retryable() => {
            let reason = error.to_string();
            tracing::warn!(reason, "GitHub finally refused the review");
            held.value.reviews.push(PublishedReview {
                object: ReviewObject::Refused { reason },
                attempt: None,
                ..published
            });
            Ok(())
        }
        stop @ (Stop::Failed(_) | Stop::Ignored(_)) => Err(stop),
    }
}

/// Writes the summary, and withdraws the reviews that no longer hold.
async fn summarise(
    deps: &Deps,
    head: &HeadState,
    desired: &Desired,
    held: &mut HeldLease<PublishedPullRequest>,
) -> Result<(), Stop> {
    let published = &held.value;
    let is_outdated = !outdated(desired, &published.reviews).is_empty();
    let status = desired.status;
    let status = status.filter(|status| summary::is_due(head, *status, desired, published));
    if !is_outdated && status.is_none() {
        return Ok(());
    }
    // The text of an older head must not replace that of a newer one.
    let now = deps.github.pull_request(&head.review.pr).await?;
    head.check_current(&now, held.may_lag(deps.clock.now()))?;
    let written = match status {
        Some(status) => {
            let has_review = summary::has_review(desired, &held.value);
            summary::publish(deps, head, (status, has_review), held).await
        }
        None => Ok(()),
    };
    if let Err(Stop::Failed(error)) = &written
        && error.is_retryable()
    {
        return written;
    }
    withdraw::withdraw(deps, head, desired, held).await?;
    written
}
