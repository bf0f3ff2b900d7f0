use crate::score;
use event::{Say, Timestamp};
use github::port::ReviewEvent;
use review::item::{CheckReport, PullRequestItem, RETENTION, ReviewItem, Stale, Verdict};
use review::message::{CheckCompleted, ReviewKey, ReviewRequested};
use review::{Category, Confidence, Finding};
use state::Decision;
use std::collections::BTreeMap;
use std::fmt;

/// What was heard.
#[derive(Debug, Clone)]
pub(crate) enum Heard {
    /// A specialist is done.
    Completed(CheckCompleted),
    /// Time is up.
    Deadline(ReviewRequested),
}

impl Heard {
    pub(crate) fn review(&self) -> &ReviewKey {
        match self {
            Self::Completed(completed) => &completed.review,
            Self::Deadline(requested) => &requested.review,
        }
    }
}

/// Why there is no verdict now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Nobody wants a review of this head any more.
    Stale(Stale),
    /// The verdict is there already.
    InTime,
    /// The verdict went out without this specialist.
    Late(Category),
    /// Nobody has opened the review.
    NotOpened,
    /// The head is left alone.
    Skipped,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::InTime => f.write_str("the verdict is there already"),
            Self::Late(category) => {
                write!(f, "{category} is late: the verdict went out without it")
            }
            Self::NotOpened => f.write_str("no such review was opened"),
            Self::Skipped => f.write_str("the head is left alone"),
        }
    }
}

/// The review's next state, given every report that is there.
pub(crate) fn decide(
    seen: Option<&ReviewItem>,
    heard: &Heard,
    pull: Option<&PullRequestItem>,
    reports: &BTreeMap<Category, CheckReport>,
    now: Timestamp,
) -> Decision<ReviewItem, Reason> {
    let review = heard.review();
    if let Some(Err(stale)) = pull.map(|pull| pull.wants(&review.head_sha)) {
        return Decision::Ignore(Reason::Stale(stale));
    }
    let Some(mut next) = seen.cloned() else {
        return Decision::Ignore(Reason::NotOpened);
    };
    if next.skipped.is_some() {
        return Decision::Ignore(Reason::Skipped);
    }
    match (&next.verdict, heard) {
        (Some(verdict), Heard::Completed(done)) if verdict.missing.contains(&done.category) => {
            return Decision::Ignore(Reason::Late(done.category));
        }
        (Some(_), _) => return Decision::Ignore(Reason::InTime),
        (None, _) => {}
    }
    let expected = |category: &Category| next.expected.contains(category);
    let new = reports.iter().filter(|(category, _)| expected(category));
    next.reports = new
        .map(|(category, report)| (*category, report.clone()))
        .collect();
    let missing = next.missing();
    if missing.is_empty() || matches!(heard, Heard::Deadline(_)) {
        next.verdict = Some(verdict(&next.reports, missing, now));
    }
    let told = next.verdict.iter();
    let says = told
        .map(|verdict| Say::new(&verdict.completed(review)))
        .collect();
    Decision::Write {
        next,
        says,
        expires_at: Some(now + RETENTION),
    }
}

/// What a reviewer is less sure of is listed, not told where it stands.
const SURE: Confidence = Confidence::percent(50);

/// Code decides: a security finding that is bad and certain stands against
/// merging, everything else is advice.
fn verdict(
    reports: &BTreeMap<Category, CheckReport>,
    missing: Vec<Category>,
    now: Timestamp,
) -> Verdict {
    let found = reports.values().flat_map(|report| &report.findings);
    let all = review::merged(found.cloned());
    let (findings, unsure): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|it| it.confidence >= SURE);
    let event = if findings.iter().any(Finding::blocks) {
        ReviewEvent::RequestChanges
    } else {
        ReviewEvent::Comment
    };
    Verdict {
        decided_at: now,
        event,
        quality_score: score::quality(reports, &findings),
        findings,
        unsure,
        missing,
        late: vec![],
        still_open: vec![],
        resolved: vec![],
        since: None,
        below_floor: 0,
        notes: vec![],
        usage: None,
    }
}

#[cfg(test)]
mod tests;
