use events::{Say, Timestamp};
use github::PullRequestChanged;
use review::item::{PullRequestItem, Reviewed};
use review::message::{RequestCause, ReviewDropped, ReviewKey, ReviewPublished, ReviewRequested};
use state::Decision;
use std::fmt;

/// Why what was heard changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// GitHub told of a later change before.
    OutOfOrder,
    /// It was edited, and neither its base branch nor anything else that decides about
    /// its review is another one.
    SameBase,
    /// A review stands of a pull request that was never heard of.
    Unknown,
    /// The newest review that is known is no older.
    Reviewed,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfOrder => "a later change is known already",
            Self::SameBase => "what was edited is not its base branch",
            Self::Unknown => "nothing is known of the pull request",
            Self::Reviewed => "that review, or a later one, is known already",
        })
    }
}

/// What a delivery means for what is known. `told` is when the delivery came:
/// GitHub's own time is better, where it is given.
pub(crate) fn changed(
    seen: Option<&PullRequestItem>,
    change: &PullRequestChanged,
    told: Timestamp,
) -> Decision<PullRequestItem, Reason> {
    // A review against another base branch says nothing about this change.
    let same_base = |seen: &&PullRequestItem| seen.base.branch == change.base.branch;
    let reviewed = seen.filter(same_base).and_then(|it| it.reviewed.clone());
    let next = PullRequestItem {
        head_sha: change.head_sha.clone(),
        before: change.before.clone(),
        base: change.base.clone(),
        author: change.author.clone(),
        open: change.open,
        head_repo: change.head_repo.clone(),
        draft: change.draft,
        labels: change.labels.clone(),
        updated_at: change.updated_at.unwrap_or(told),
        reviewed,
    };
    if seen.is_some_and(|seen| is_older(&next, seen)) {
        return Decision::Ignore(Reason::OutOfOrder);
    }
    if change.action == "edited" && seen.is_some_and(|seen| is_as_it_was(seen, &next)) {
        return Decision::Ignore(Reason::SameBase);
    }
    let asks = |cause| {
        Say::new(&ReviewRequested {
            review: ReviewKey {
                pr: change.pr.clone(),
                head_sha: change.head_sha.clone(),
            },
            base_sha: change.base.sha.clone(),
            cause,
        })
    };
    let asked = cause(seen, &next, &change.action).map(asks);
    Decision::Write {
        says: dropped(seen, &next, change)
            .into_iter()
            .chain(asked)
            .collect(),
        next,
        expires_at: None,
    }
}

/// GitHub does not keep deliveries in order, and its times are whole seconds:
/// within one, a push's `before` tells which head came first.
fn is_older(next: &PullRequestItem, seen: &PullRequestItem) -> bool {
    if next.updated_at != seen.updated_at {
        return next.updated_at < seen.updated_at;
    }
    let follows = next.before.as_ref() == Some(&seen.head_sha);
    let precedes = seen.before.as_ref() == Some(&next.head_sha);
    precedes && !follows
}

/// Whether nothing differs that decides about a review.
fn is_as_it_was(seen: &PullRequestItem, next: &PullRequestItem) -> bool {
    let head = |it: &PullRequestItem| (it.head_sha.clone(), it.base.branch.clone(), it.open);
    head(seen) == head(next) && facts(seen) == facts(next)
}

/// What may decide whether a head is left alone.
fn facts(pull: &PullRequestItem) -> (bool, &[String]) {
    (pull.draft, &pull.labels)
}

/// Whether a review is asked for, and why: whatever delivery is the first to tell of an
/// open pull request, of a head or of a base branch asks, since the one that was meant to
/// may come too late to count. Of a head whose review stands on GitHub, no draft or
/// label decides anything any more.
fn cause(
    seen: Option<&PullRequestItem>,
    next: &PullRequestItem,
    action: &str,
) -> Option<RequestCause> {
    let asks = matches!(
        action,
        "opened" | "reopened" | "synchronize" | "ready_for_review"
    );
    let is_new = |seen: &PullRequestItem| {
        !seen.open || seen.head_sha != next.head_sha || seen.base.branch != next.base.branch
    };
    let stands = |reviewed: &Reviewed| reviewed.head_sha == next.head_sha;
    if !next.open {
        return None;
    }
    match seen.filter(|seen| !asks && !is_new(seen)) {
        None => Some(RequestCause::Head),
        Some(_) if next.reviewed.as_ref().is_some_and(stands) => None,
        Some(seen) if facts(seen) != facts(next) => Some(RequestCause::Facts),
        Some(_) => None,
    }
}

/// What is said of the head that was to be reviewed, if nobody wants that any more and
/// its review does not stand.
fn dropped(
    seen: Option<&PullRequestItem>,
    next: &PullRequestItem,
    change: &PullRequestChanged,
) -> Option<Say> {
    let seen = seen.filter(|seen| seen.open)?;
    let why = next.wants(&seen.head_sha).err()?;
    let stands = |reviewed: &Reviewed| reviewed.head_sha == seen.head_sha;
    let review = ReviewKey {
        pr: change.pr.clone(),
        head_sha: seen.head_sha.clone(),
    };
    let stands = seen.reviewed.as_ref().is_some_and(stands);
    (!stands).then(|| Say::new(&ReviewDropped { review, why }))
}

/// What it means that a review stands on GitHub since `told`.
pub(crate) fn published(
    seen: Option<&PullRequestItem>,
    published: &ReviewPublished,
    told: Timestamp,
) -> Decision<PullRequestItem, Reason> {
    let Some(seen) = seen else {
        return Decision::Ignore(Reason::Unknown);
    };
    if seen.reviewed.as_ref().is_some_and(|known| known.at >= told) {
        return Decision::Ignore(Reason::Reviewed);
    }
    Decision::Write {
        next: PullRequestItem {
            reviewed: Some(Reviewed {
                head_sha: published.review.head_sha.clone(),
                at: told,
            }),
            ..seen.clone()
        },
        says: vec![],
        expires_at: None,
    }
}

#[cfg(test)]
mod tests;
