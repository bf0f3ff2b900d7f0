//! Status of a head, as its check and the summary show it.

use review::message::SkipReason;

/// Status of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// The head is not reviewed.
    Skipped(SkipReason),
    /// The review has begun.
    UnderWay,
    /// The review is complete.
    Reviewed,
    /// The review is complete, and blocking findings arrived after it.
    Blocked,
}
