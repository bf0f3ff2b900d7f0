//! Decides the next state of a review from everything that is known about it.

mod join;
mod rounds;
mod second_look;

pub(crate) use rounds::EarlierReview;

use crate::handled_event::HandledEvent;
use events::{NewEvent, Timestamp};
use join::FindingLists;

use review::item::{
    CheckItem, MOST_TO_PROVE, PullRequestItem, RETENTION, ReviewItem, ReviewStart, SecondLookItem,
};
use review::message::{Block, SecondLookRequested};
use review::{Category, UnneededReason, bounds};
use state::Decision;
use std::collections::BTreeMap;
use std::fmt;

/// State beside the review itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct StoredContext {
    /// Stored pull request, if there is one.
    pub(crate) pull: Option<PullRequestItem>,
    /// All stored reports.
    pub(crate) reports: BTreeMap<Category, CheckItem>,
    /// Verdict of an earlier head.
    pub(crate) earlier: Option<EarlierReview>,
    /// Result of the second look, once it is complete.
    pub(crate) second_look: Option<SecondLookItem>,
}

/// Reason that an event leads to no verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The review of this head is not wanted.
    Unneeded(UnneededReason),
    /// The review has begun again and has another deadline.
    BegunAgain,
    /// The verdict exists already.
    InTime,
    /// The verdict was decided without this specialist.
    Late(Category),
    /// The review waits for its second look.
    Proving,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unneeded(reason) => reason.fmt(f),
            Self::BegunAgain => f.write_str("the review has begun again"),
            Self::InTime => f.write_str("the verdict exists already"),
            Self::Late(category) => {
                write!(f, "{category} is late: the verdict was decided without it")
            }
            Self::Proving => f.write_str("the second look is not complete"),
        }
    }
}

/// Returns the next state of the review.
pub(crate) fn decide(
    seen: Option<&ReviewItem>,
    heard: &HandledEvent,
    known: &StoredContext,
    now: Timestamp,
) -> Decision<ReviewItem, Reason> {
    let review = heard.review();
    let mut next = match wanted(seen, heard, known) {
        Ok(item) => item,
        Err(Reason::Late(category)) => return late(seen, category, heard, known, now),
        Err(reason) => return Decision::Ignore(reason),
    };
    let counts = |category: &Category, item: &CheckItem| {
        next.expected.contains(category) && item.is_against(&next.base_sha)
    };
    let new = known.reports.iter();
    let reports = new
        .filter(|(category, item)| counts(category, item))
        .map(|(category, item)| (*category, item.report.clone()))
        .collect();
    next.reports = reports;
    let second_look = known.second_look.as_ref();
    let second_look = second_look.filter(|second_look| second_look.is_against(&next.base_sha));
    let missing = next.missing();
    let time_is_up = matches!(heard, HandledEvent::Deadline(_));
    let mut emits = Vec::new();
    if missing.is_empty() || time_is_up {
        let joined = FindingLists::of(&next, known.earlier.as_ref());
        let mut to_prove = joined.to_prove();
        to_prove.truncate(MOST_TO_PROVE);
        let mut room = bounds::TO_PROVE;
        let _not_looked_at = bounds::keep(&mut to_prove, &mut room);
        let waits = !to_prove.is_empty() && second_look.is_none() && !time_is_up;
        if !waits {
            let verdict = joined.verdict(second_look, &next, missing, now);
            emits.push(NewEvent::new(&verdict.completed(review)));
            next.verdict = Some(verdict);
            // The verdict contains these findings now, and the size of a state item is limited.
            next.to_prove.clear();
        } else if next.to_prove.is_empty() {
            let findings = u32::try_from(to_prove.len()).unwrap_or(u32::MAX);
            emits.push(NewEvent::new(&SecondLookRequested {
                review: review.clone(),
                findings,
            }));
            next.to_prove = to_prove;
        } else {
            return Decision::Ignore(Reason::Proving);
        }
    }
    Decision::Write {
        next,
        emits,
        expires_at: Some(now + RETENTION),
    }
}

/// Handles a late report. It does not change the verdict, but a blocking finding is still emitted.
fn late(
    seen: Option<&ReviewItem>,
    category: Category,
    heard: &HandledEvent,
    known: &StoredContext,
    now: Timestamp,
) -> Decision<ReviewItem, Reason> {
    let told = seen.and_then(|review| {
        let item = known.reports.get(&category)?;
        let item = Some(item).filter(|item| item.is_against(&review.base_sha))?;
        let block = Block::of(heard.review(), &item.report, &review.policy.block_rule())?;
        Some((review, block))
    });
    match told {
        None => Decision::Ignore(Reason::Late(category)),
        Some((review, block)) => Decision::Write {
            next: review.clone(),
            emits: vec![NewEvent::new(&block)],
            expires_at: Some(now + RETENTION),
        },
    }
}

/// Returns the stored review if the event can change it.
fn wanted(
    seen: Option<&ReviewItem>,
    heard: &HandledEvent,
    known: &StoredContext,
) -> Result<ReviewItem, Reason> {
    let head = &heard.review().head_sha;
    let item = ReviewItem::wanted(seen, known.pull.as_ref(), head).map_err(Reason::Unneeded)?;
    match (&item.verdict, heard) {
        (Some(verdict), HandledEvent::Completed(done))
            if verdict.missing.contains(&done.category) =>
        {
            Err(Reason::Late(done.category))
        }
        (Some(_), _) => Err(Reason::InTime),
        (None, HandledEvent::Deadline(deadline)) => {
            let other = |begun: &ReviewStart| begun.request != deadline.request;
            match item.begun.as_ref().is_some_and(other) {
                true => Err(Reason::BegunAgain),
                false => Ok(item.clone()),
            }
        }
        (None, HandledEvent::Completed(_) | HandledEvent::Proved(_)) => Ok(item.clone()),
    }
}

#[cfg(test)]
mod tests;
