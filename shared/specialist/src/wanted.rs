use review::item::{PullRequestItem, ReviewItem, Stale};
use std::fmt;

/// Why nobody looks, though somebody was asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unwanted {
    /// The head is no longer the one to review.
    Stale(Stale),
    /// No such review was opened: who opens one does so before asking.
    NotOpened,
    /// The head is left alone by now; when it is wanted again, it is asked for again.
    Skipped,
}

impl fmt::Display for Unwanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::NotOpened => f.write_str("no such review was opened"),
            Self::Skipped => f.write_str("the head is left alone"),
        }
    }
}

/// The review of `head_sha` if it is wanted still.
pub(crate) fn wanted(
    pull: Option<&PullRequestItem>,
    opened: Option<ReviewItem>,
    head_sha: &github::HeadSha,
) -> Result<ReviewItem, Unwanted> {
    pull.map_or(Ok(()), |pull| pull.wants(head_sha))
        .map_err(Unwanted::Stale)?;
    match opened {
        None => Err(Unwanted::NotOpened),
        Some(review) if review.skipped.is_some() => Err(Unwanted::Skipped),
        Some(review) => Ok(review),
    }
}
