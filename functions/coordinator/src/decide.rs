//! Decides whether a head is reviewed, and the events to emit.

use crate::settings::{InvalidSettings, Settings};
use events::{EventId, NewEvent, Timestamp};
use github::AuthorKind;
use policy::{Facts, Policy};
use review::item::{
    PullRequestItem, RETENTION, ReviewItem, ReviewStart, ReviewedHead, SkippedHead, StaleReason,
};
use review::message::{
    CheckRequested, RequestCause, ReviewBegun, ReviewRequested, ReviewSkipped, SkipReason,
};
use state::Decision;
use std::{fmt, iter};

/// Reason that a request is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IgnoreReason {
    /// The head is closed or superseded.
    Stale(StaleReason),
    /// The head is skipped already, for the same reason.
    SkippedAlready,
    /// The change of the pull request does not affect this review.
    NothingNew,
}

impl fmt::Display for IgnoreReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::SkippedAlready => f.write_str("already skipped for the same reason"),
            Self::NothingNew => f.write_str("nothing changes for this review"),
        }
    }
}

/// Request for a review, with the state at its arrival.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestContext<'a> {
    /// The request.
    pub(crate) asked: &'a ReviewRequested,
    /// Id of the event with the request.
    pub(crate) request: &'a EventId,
    /// Current state of the pull request.
    pub(crate) pull: &'a PullRequestItem,
    /// Current settings of its base branch.
    pub(crate) settings: &'a Settings,
}

/// Decides about a request. A review stores the settings that it began with; later settings apply
/// to later heads. A review against another base branch is a new review. A repeated request emits
/// the verdict again, because its review may not be published on GitHub yet, and likewise a skip. A
/// repeated request without a verdict asks the specialists again; those that have answered repeat
/// their report at no cost.
pub(crate) fn decide(
    seen: Option<&ReviewItem>,
    known: &RequestContext<'_>,
    now: Timestamp,
) -> Decision<ReviewItem, IgnoreReason> {
    let begun = seen.filter(|review| has_begun(review) && is_against(review, known.pull));
    let skipped = match begun {
        Some(review) => skip(&review.policy, known.pull),
        None => match &known.settings.invalid {
            Some(invalid) => Some(InvalidSettings::skipped(invalid)),
            None => skip(&known.settings.policy, known.pull),
        },
    };
    let next = begun.cloned().unwrap_or_else(|| unasked(known));
    let verdict = next.verdict.as_ref();
    let (next, emits) = match (skipped, verdict, known.asked.cause) {
        // A head with a verdict is not skipped later. The verdict may be unpublished, or GitHub may
        // show that of another head.
        (_, Some(verdict), _) => {
            let told = NewEvent::new(&verdict.completed(&known.asked.review));
            (next, vec![told])
        }
        (Some(skipped), None, cause) => {
            let before = seen.and_then(|seen| seen.skipped.as_ref());
            if cause == RequestCause::Facts && before == Some(&skipped) {
                return Decision::Ignore(IgnoreReason::SkippedAlready);
            }
            let told = NewEvent::new(&ReviewSkipped {
                review: known.asked.review.clone(),
                reason: skipped.reason,
            });
            let skipped = Some(skipped);
            (ReviewItem { skipped, ..next }, vec![told])
        }
        (None, None, RequestCause::Facts) if begun.is_some() && next.skipped.is_none() => {
            return Decision::Ignore(IgnoreReason::NothingNew);
        }
        (None, None, _) => ask(next, known, now),
    };
    Decision::Write {
        next,
        emits,
        expires_at: Some(now + RETENTION),
    }
}

/// Returns whether the review has begun. It names at least one specialist then, and none before:
/// every policy names at least one.
fn has_begun(review: &ReviewItem) -> bool {
    !review.expected.is_empty()
}

/// Returns whether the review is against the current base branch of the pull request.
fn is_against(review: &ReviewItem, pull: &PullRequestItem) -> bool {
    let branch = review.base_branch.as_ref();
    branch.is_none_or(|branch| *branch == pull.base.branch)
}

/// Returns a review without specialists. Base branch and commit both come from the pull request's
/// state, not from the request, so that they match.
fn unasked(known: &RequestContext<'_>) -> ReviewItem {
    let head = &known.asked.review.head_sha;
    let other = |reviewed: &&ReviewedHead| &reviewed.head_sha != head;
    let reviewed = known.pull.reviewed.as_ref();
    ReviewItem {
        base_branch: Some(known.pull.base.branch.clone()),
        policy: known.settings.policy.clone(),
        attributes: known.settings.attributes.clone(),
        languages: known.settings.languages.clone(),
        previous: reviewed.filter(other).map(|it| it.head_sha.clone()),
        expected: vec![],
        ..ReviewItem::of(known.pull.base.sha.clone())
    }
}

/// Asks every specialist that the policy names, also those that have answered, and starts a new
/// deadline. Earlier deadlines no longer count. The second look is requested again after the
/// reports.
fn ask(
    review: ReviewItem,
    known: &RequestContext<'_>,
    now: Timestamp,
) -> (ReviewItem, Vec<NewEvent>) {
    let next = ReviewItem {
        skipped: None,
        begun: Some(ReviewStart {
            request: known.request.clone(),
            at: now,
        }),
        to_prove: Vec::new(),
        expected: match has_begun(&review) {
            true => review.expected,
            false => review.policy.reviewers.clone(),
        },
        ..review
    };
    let check = CheckRequested {
        review: known.asked.review.clone(),
        base_sha: next.base_sha.clone(),
    };
    let begun = NewEvent::new(&ReviewBegun {
        review: known.asked.review.clone(),
        request: known.request.clone(),
    });
    let checks = next.expected.iter().map(|category| check.say(*category));
    let emits = iter::once(begun).chain(checks).collect();
    (next, emits)
}

/// Returns the reason that `policy` skips the pull request, if there is one.
fn skip(policy: &Policy, pull: &PullRequestItem) -> Option<SkippedHead> {
    let skip = policy.skip(&Facts {
        author_login: &pull.author.login,
        author_is_bot: match pull.author.kind {
            AuthorKind::Bot => true,
            AuthorKind::User => false,
        },
        draft: pull.draft,
        labels: &pull.labels,
    })?;
    Some(SkippedHead {
        reason: SkipReason::from(&skip),
        why: skip.to_string(),
    })
}

#[cfg(test)]
mod tests;
