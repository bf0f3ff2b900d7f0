use crate::item::{PullRequestItem, ReviewItem, StaleReason};
use github::HeadSha;
use std::fmt;

/// Reason why a requested review is not needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnneededReason {
    /// The head is outdated.
    Stale(StaleReason),
    /// The review was not opened. Opening comes before the request.
    NotOpened,
    /// The head is skipped. A later change of the pull request requests it again.
    Skipped,
    /// The request names another base; the review has restarted since.
    OtherBase,
}

impl fmt::Display for UnneededReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale(stale) => stale.fmt(f),
            Self::NotOpened => f.write_str("no such review was opened"),
            Self::Skipped => f.write_str("the head is left alone"),
            Self::OtherBase => f.write_str("the review is against another base"),
        }
    }
}

impl ReviewItem {
    /// Returns the `opened` review of `head` if it is still needed. An unknown pull
    /// request counts as open.
    ///
    /// # Errors
    /// [`UnneededReason`] gives the reason.
    pub fn wanted<'a>(
        opened: Option<&'a Self>,
        pull: Option<&PullRequestItem>,
        head: &HeadSha,
    ) -> Result<&'a Self, UnneededReason> {
        pull.map_or(Ok(()), |pull| pull.wants(head))
            .map_err(UnneededReason::Stale)?;
        let review = opened.ok_or(UnneededReason::NotOpened)?;
        match review.skipped {
            None => Ok(review),
            Some(_) => Err(UnneededReason::Skipped),
        }
    }
}
