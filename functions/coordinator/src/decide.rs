//! Whether a head is reviewed, and what of it is said.

use crate::settings::{Invalid, Settings};
use events::{EventId, Say, Timestamp};
use github::AuthorKind;
use policy::{Facts, Policy};
use review::item::{Begun, PullRequestItem, RETENTION, ReviewItem, Reviewed, Skipped, Stale};
use review::message::{
    CheckRequested, RequestCause, ReviewBegun, ReviewRequested, ReviewSkipped, SkipReason,
};
use state::Decision;
use std::{fmt, iter};

/// Why nothing comes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ignored {
    /// Nobody wants a review of this head any more.
    Stale(Stale),
    /// It is left alone for the same reason as before.
    SkippedAlready,
    /// What has changed of the pull request decides nothing about this review.
    NothingNew,
    /// It would be left alone by now, and has its verdict.
    Decided,
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::SkippedAlready => f.write_str("it is skipped already, for the same reason"),
            Self::NothingNew => f.write_str("nothing changes for this review"),
            Self::Decided => f.write_str("it would be skipped now, and has its verdict"),
        }
    }
}

/// What is known when a review is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    /// What is asked.
    pub(crate) asked: &'a ReviewRequested,
    /// By this event.
    pub(crate) request: &'a EventId,
    /// The pull request as it is by now.
    pub(crate) pull: &'a PullRequestItem,
    /// What its base branch wants by now.
    pub(crate) settings: &'a Settings,
}

/// A review begins with what is wanted then, and keeps that: later settings decide
/// about later heads. One against another base branch is another review, which begins
/// anew. Asked for again, one that has its verdict is told again (it may not stand on
/// GitHub yet), so is one that is left alone, and one that has no verdict gets another
/// chance: a specialist that has answered says so again at no cost.
pub(crate) fn decide(
    seen: Option<&ReviewItem>,
    known: &Known<'_>,
    now: Timestamp,
) -> Decision<ReviewItem, Ignored> {
    let begun = seen.filter(|review| has_begun(review) && is_against(review, known.pull));
    let skipped = match begun {
        Some(review) => skip(&review.policy, known.pull),
        None => match &known.settings.invalid {
            Some(invalid) => Some(Invalid::skipped(invalid)),
            None => skip(&known.settings.policy, known.pull),
        },
    };
    let next = begun.cloned().unwrap_or_else(|| unasked(known));
    let verdict = next.verdict.as_ref();
    let (next, says) = match (skipped, verdict, known.asked.cause) {
        (Some(_), Some(_), _) => return Decision::Ignore(Ignored::Decided),
        (Some(skipped), None, cause) => {
            let before = seen.and_then(|seen| seen.skipped.as_ref());
            if cause == RequestCause::Facts && before == Some(&skipped) {
                return Decision::Ignore(Ignored::SkippedAlready);
            }
            let told = Say::new(&ReviewSkipped {
                review: known.asked.review.clone(),
                reason: skipped.reason,
            });
            let skipped = Some(skipped);
            (ReviewItem { skipped, ..next }, vec![told])
        }
        // It may not be published: the pull request may have been closed or labelled then.
        (None, Some(verdict), _) => {
            let told = Say::new(&verdict.completed(&known.asked.review));
            (next, vec![told])
        }
        (None, None, RequestCause::Facts) if begun.is_some() && next.skipped.is_none() => {
            return Decision::Ignore(Ignored::NothingNew);
        }
        (None, None, _) => ask(next, known, now),
    };
    Decision::Write {
        next,
        says,
        expires_at: Some(now + RETENTION),
    }
}

/// Nobody is asked before it begins, and somebody is by then: a policy names one at
/// least.
fn has_begun(review: &ReviewItem) -> bool {
    !review.expected.is_empty()
}

/// Whether it is of the change into the base branch that the pull request has now.
fn is_against(review: &ReviewItem, pull: &PullRequestItem) -> bool {
    let branch = review.base_branch.as_ref();
    branch.is_none_or(|branch| *branch == pull.base.branch)
}

/// A review that nobody is asked for yet. Branch and commit are of one time: that the
/// pull request is known by, not that of the request.
fn unasked(known: &Known<'_>) -> ReviewItem {
    let head = &known.asked.review.head_sha;
    let other = |reviewed: &&Reviewed| &reviewed.head_sha != head;
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

/// Every specialist that the policy names is asked, whoever has answered already, and
/// the time until its deadline begins: no earlier deadline counts any more. What is to
/// be proven is asked for again, too, once they have answered.
fn ask(review: ReviewItem, known: &Known<'_>, now: Timestamp) -> (ReviewItem, Vec<Say>) {
    let next = ReviewItem {
        skipped: None,
        begun: Some(Begun {
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
    let begun = Say::new(&ReviewBegun {
        review: known.asked.review.clone(),
        request: known.request.clone(),
    });
    let checks = next.expected.iter().map(|category| check.say(*category));
    let says = iter::once(begun).chain(checks).collect();
    (next, says)
}

/// Why `policy` leaves the pull request alone, if it does.
fn skip(policy: &Policy, pull: &PullRequestItem) -> Option<Skipped> {
    let skip = policy.skip(&Facts {
        author_login: &pull.author.login,
        author_is_bot: match pull.author.kind {
            AuthorKind::Bot => true,
            AuthorKind::User => false,
        },
        draft: pull.draft,
        labels: &pull.labels,
    })?;
    Some(Skipped {
        reason: SkipReason::from(&skip),
        why: skip.to_string(),
    })
}

#[cfg(test)]
mod tests;
