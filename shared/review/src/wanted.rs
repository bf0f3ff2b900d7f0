use crate::item::{PullRequestItem, ReviewItem, Stale};
use github::HeadSha;
use std::fmt;

/// Why nobody wants a review, though somebody was asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unwanted {
    /// The head is no longer the one to review.
    Stale(Stale),
    /// No such review was opened: who opens one does so before asking.
    NotOpened,
    /// The head is left alone by now; when it is wanted again, it is asked for again.
    Skipped,
    /// It was asked for against another base, and has begun anew since.
    OtherBase,
}

impl fmt::Display for Unwanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::NotOpened => f.write_str("no such review was opened"),
            Self::Skipped => f.write_str("the head is left alone"),
            Self::OtherBase => f.write_str("the review is against another base by now"),
        }
    }
}

impl ReviewItem {
    /// The review of `head` as it was `opened`, if it is wanted still. A pull request
    /// that nobody knows is not known to be closed.
    ///
    /// # Errors
    /// [`Unwanted`] says why not.
    pub fn wanted<'a>(
        opened: Option<&'a Self>,
        pull: Option<&PullRequestItem>,
        head: &HeadSha,
    ) -> Result<&'a Self, Unwanted> {
        pull.map_or(Ok(()), |pull| pull.wants(head))
            .map_err(Unwanted::Stale)?;
        let review = opened.ok_or(Unwanted::NotOpened)?;
        match review.skipped {
            None => Ok(review),
            Some(_) => Err(Unwanted::Skipped),
        }
    }
}
