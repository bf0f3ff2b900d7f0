use events::{NewEvent, Timestamp};
use github::PullRequestChanged;
use github::port::PullRequest;
use review::item::{PullRequestItem, ReviewedHead};
use review::message::{RequestCause, ReviewDropped, ReviewKey, ReviewPublished, ReviewRequested};
use review::revocation::Revocations;
use state::Decision;
use std::collections::BTreeSet;
use std::fmt;

/// Reason that an event changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A later change is stored already.
    OutOfOrder,
    /// A review was published for an unknown pull request.
    Unknown,
    /// A review of the same time or later is stored already.
    Reviewed,
    /// The review was published for another base branch.
    OtherBase,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfOrder => "a later change is stored already",
            Self::Unknown => "unknown pull request",
            Self::OtherBase => "the review is for another base branch",
            Self::Reviewed => "this review or a later one is stored already",
        })
    }
}

/// Applies a delivery to the stored pull request. Without GitHub's own time in it, the change
/// counts as of `delivered_at`. `current` is GitHub's pull request if both have the same time.
pub(crate) fn changed(
    seen: Option<&PullRequestItem>,
    change: &PullRequestChanged,
    delivered_at: Timestamp,
    current: Option<&PullRequest>,
) -> Decision<PullRequestItem, Reason> {
    let next = item(seen, change, delivered_at);
    if seen.is_some_and(|seen| is_older(&next, seen, current)) {
        return Decision::Ignore(Reason::OutOfOrder);
    }
    let request = |cause| {
        NewEvent::new(&ReviewRequested {
            review: ReviewKey {
                pr: change.pr.clone(),
                head_sha: change.head_sha.clone(),
            },
            base_sha: change.base.sha.clone(),
            cause,
        })
    };
    let request = cause(seen, &next, &change.action).map(request);
    Decision::Write {
        emits: dropped(seen, &next, change)
            .into_iter()
            .chain(request)
            .collect(),
        next,
        expires_at: None,
    }
}

/// Returns the pull request after a change.
fn item(
    seen: Option<&PullRequestItem>,
    change: &PullRequestChanged,
    delivered_at: Timestamp,
) -> PullRequestItem {
    // A review against another base branch does not count for this change.
    let same_base = |seen: &&PullRequestItem| seen.base.branch == change.base.branch;
    let reviewed = seen.filter(same_base).and_then(|it| it.reviewed.clone());
    let updated_at = change.updated_at.unwrap_or(delivered_at);
    let revocations = match seen {
        Some(seen) if seen.open && !change.open => Revocations::closed(updated_at),
        Some(seen) => seen.revocations.clone(),
        None => Revocations::default(),
    };
    PullRequestItem {
        head_sha: change.head_sha.clone(),
        before: change.before.clone(),
        base: change.base.clone(),
        author: change.author.clone(),
        open: change.open,
        head_repo: change.head_repo.clone(),
        draft: change.draft,
        labels: change.labels.clone(),
        updated_at,
        reviewed,
        revocations,
    }
}

/// Returns whether the times do not tell if `change` is newer than `seen`. GitHub does not deliver
/// in order, and its times are whole seconds.
pub(crate) fn is_tie(
    seen: &PullRequestItem,
    change: &PullRequestChanged,
    delivered_at: Timestamp,
) -> bool {
    let next = item(Some(seen), change, delivered_at);
    next.updated_at == seen.updated_at && !is_as_it_was(seen, &next)
}

/// Returns whether `next` is older than `seen`. Within one second, a push's `before` gives the order
/// of two heads; otherwise the change that GitHub shows is the newer one. If it shows neither, a
/// later delivery follows.
fn is_older(next: &PullRequestItem, seen: &PullRequestItem, current: Option<&PullRequest>) -> bool {
    if next.updated_at != seen.updated_at {
        return next.updated_at < seen.updated_at;
    }
    let follows = next.before.as_ref() == Some(&seen.head_sha);
    let precedes = seen.before.as_ref() == Some(&next.head_sha);
    if follows != precedes {
        return precedes;
    }
    current.is_some_and(|current| is_shown(seen, current) && !is_shown(next, current))
}

/// Returns whether GitHub's pull request has the fields of `item` that affect a review.
fn is_shown(item: &PullRequestItem, current: &PullRequest) -> bool {
    let labels = |labels: &[String]| labels.iter().cloned().collect::<BTreeSet<_>>();
    item.head_sha == current.head_sha
        && item.base.branch == current.base_ref
        && item.open == current.open
        && item.draft == current.draft
        && labels(&item.labels) == labels(&current.labels)
}

/// Returns whether all fields that affect a review are the same.
fn is_as_it_was(seen: &PullRequestItem, next: &PullRequestItem) -> bool {
    let head = |it: &PullRequestItem| (it.head_sha.clone(), it.base.branch.clone(), it.open);
    head(seen) == head(next) && facts(seen) == facts(next)
}

/// Returns the facts that may skip a head.
fn facts(pull: &PullRequestItem) -> (bool, &[String]) {
    (pull.draft, &pull.labels)
}

/// Returns the cause of a review request, if there is one. Any first delivery with an open pull
/// request, a new head or a new base branch requests a review, because the intended delivery may
/// arrive too late to count. Drafts and labels have no effect on a head with a published review.
fn cause(
    seen: Option<&PullRequestItem>,
    next: &PullRequestItem,
    action: &str,
) -> Option<RequestCause> {
    let is_request = matches!(
        action,
        "opened" | "reopened" | "synchronize" | "ready_for_review"
    );
    let is_new = |seen: &PullRequestItem| {
        !seen.open || seen.head_sha != next.head_sha || seen.base.branch != next.base.branch
    };
    let is_of_head = |reviewed: &ReviewedHead| reviewed.head_sha == next.head_sha;
    if !next.open {
        return None;
    }
    match seen.filter(|seen| !is_request && !is_new(seen)) {
        None => Some(RequestCause::Head),
        Some(_) if next.reviewed.as_ref().is_some_and(is_of_head) => None,
        Some(seen) if facts(seen) != facts(next) => Some(RequestCause::Facts),
        Some(_) => None,
    }
}

/// Returns the event about the earlier head if it is no longer to be reviewed. It is emitted also for
/// a reviewed head: its check may show the status of other pull requests with this commit.
fn dropped(
    seen: Option<&PullRequestItem>,
    next: &PullRequestItem,
    change: &PullRequestChanged,
) -> Option<NewEvent> {
    let seen = seen.filter(|seen| seen.open)?;
    let why = next.wants(&seen.head_sha).err()?;
    let review = ReviewKey {
        pr: change.pr.clone(),
        head_sha: seen.head_sha.clone(),
    };
    Some(NewEvent::new(&ReviewDropped { review, why }))
}

/// Stores that a review was published at `published_at`.
pub(crate) fn published(
    seen: Option<&PullRequestItem>,
    published: &ReviewPublished,
    published_at: Timestamp,
) -> Decision<PullRequestItem, Reason> {
    let Some(seen) = seen else {
        return Decision::Ignore(Reason::Unknown);
    };
    let base = published.base_branch.as_ref();
    if base.is_some_and(|base| *base != seen.base.branch) {
        return Decision::Ignore(Reason::OtherBase);
    }
    if seen
        .reviewed
        .as_ref()
        .is_some_and(|stored| stored.at >= published_at)
    {
        return Decision::Ignore(Reason::Reviewed);
    }
    Decision::Write {
        next: PullRequestItem {
            reviewed: Some(ReviewedHead {
                head_sha: published.review.head_sha.clone(),
                at: published_at,
            }),
            ..seen.clone()
        },
        emits: vec![],
        expires_at: None,
    }
}

#[cfg(test)]
mod tests;
