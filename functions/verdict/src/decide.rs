//! What becomes of a review, given all that is known of it.

mod join;
mod proof;
mod rounds;

use crate::heard::Heard;
use event::{Say, Timestamp};
use github::HeadSha;
use join::Joined;
use review::Category;
use review::item::{
    CheckReport, MOST_TO_PROVE, ProofItem, PullRequestItem, RETENTION, ReviewItem, Stale, Verdict,
};
use review::message::ProofRequested;
use state::Decision;
use std::collections::BTreeMap;
use std::fmt;

/// What is known beside the review itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// The pull request, if it was ever heard of.
    pub(crate) pull: Option<PullRequestItem>,
    /// Every report that is there.
    pub(crate) reports: BTreeMap<Category, CheckReport>,
    /// The verdict of an earlier head.
    pub(crate) earlier: Option<Earlier>,
    /// What came of the second look, once it is done.
    pub(crate) proof: Option<ProofItem>,
}

/// What an earlier review said.
#[derive(Debug, Clone)]
pub(crate) struct Earlier {
    /// The head that it was of.
    pub(crate) head_sha: HeadSha,
    /// How it ended.
    pub(crate) verdict: Verdict,
}

/// Why there is no verdict now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Nobody wants a review of this head any more.
    Stale(Stale),
    /// The head is left alone.
    Skipped,
    /// The verdict is there already.
    InTime,
    /// The verdict went out without this specialist.
    Late(Category),
    /// The review is waiting for its second look.
    Proving,
    /// Somebody is done with a review that nobody opened.
    NotOpened,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::Skipped => f.write_str("this head is left alone"),
            Self::InTime => f.write_str("the verdict is there already"),
            Self::Late(category) => {
                write!(f, "{category} is late: the verdict went out without it")
            }
            Self::Proving => f.write_str("the second look is not done yet"),
            Self::NotOpened => f.write_str("no such review was opened"),
        }
    }
}

/// The review's next state.
pub(crate) fn decide(
    seen: Option<&ReviewItem>,
    heard: &Heard,
    known: &Known,
    now: Timestamp,
) -> Decision<ReviewItem, Reason> {
    let review = heard.review();
    let mut next = match wanted(seen, heard, known) {
        Ok(item) => item,
        Err(reason) => return Decision::Ignore(reason),
    };
    let expected = |category: &Category| next.expected.contains(category);
    let new = known.reports.iter();
    next.reports = new
        .filter(|(category, _)| expected(category))
        .map(|(category, report)| (*category, report.clone()))
        .collect();
    let missing = next.missing();
    let time_is_up = matches!(heard, Heard::Deadline(_));
    let mut says = Vec::new();
    if missing.is_empty() || time_is_up {
        let joined = Joined::of(&next, known.earlier.as_ref());
        let mut to_prove = joined.to_prove();
        to_prove.truncate(MOST_TO_PROVE);
        let waits = !to_prove.is_empty() && known.proof.is_none() && !time_is_up;
        if !waits {
            let verdict = joined.verdict(known.proof.as_ref(), &next.reports, missing, now);
            says.push(Say::new(&verdict.completed(review)));
            next.verdict = Some(verdict);
        } else if next.to_prove.is_empty() {
            let findings = u32::try_from(to_prove.len()).unwrap_or(u32::MAX);
            says.push(Say::new(&ProofRequested {
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
        says,
        expires_at: Some(now + RETENTION),
    }
}

/// The review as it was seen, if there is something to decide about it.
fn wanted(seen: Option<&ReviewItem>, heard: &Heard, known: &Known) -> Result<ReviewItem, Reason> {
    if let Some(pull) = &known.pull {
        let wanted = pull.wants(&heard.review().head_sha);
        wanted.map_err(Reason::Stale)?;
    }
    let item = seen.ok_or(Reason::NotOpened)?;
    if item.skipped.is_some() {
        return Err(Reason::Skipped);
    }
    match (&item.verdict, heard) {
        (Some(verdict), Heard::Completed(done)) if verdict.missing.contains(&done.category) => {
            Err(Reason::Late(done.category))
        }
        (Some(_), _) => Err(Reason::InTime),
        (None, _) => Ok(item.clone()),
    }
}

#[cfg(test)]
mod tests;
