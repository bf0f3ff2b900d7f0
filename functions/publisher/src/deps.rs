//! Dependencies of the handler.

use events::{Clock, Emit, Entropy};
use github::port::{
    PublishReview, ReadChange, ReadChecks, ReadPullRequest, SetCheck, Summarise, WhoAmI,
    WithdrawReview,
};
use state::StateManager;
use std::sync::Arc;

pub(crate) const NAME: &str = "publisher";

/// Dependencies of the handler.
pub struct Deps {
    /// State with the leases, and with what is published.
    pub state: StateManager,
    /// Bus for the events about published reviews.
    pub bus: Arc<dyn Emit>,
    /// GitHub, limited to the calls that the publisher needs.
    pub github: Arc<dyn GitHub>,
    pub clock: Arc<dyn Clock>,
    /// Source of lease holders and markers.
    pub entropy: Arc<dyn Entropy>,
}

/// Parts of GitHub that the publisher uses.
pub trait GitHub:
    ReadPullRequest
    + ReadChange
    + ReadChecks
    + WhoAmI
    + PublishReview
    + WithdrawReview
    + SetCheck
    + Summarise
{
}

impl<T> GitHub for T where
    T: ReadPullRequest
        + ReadChange
        + ReadChecks
        + WhoAmI
        + PublishReview
        + WithdrawReview
        + SetCheck
        + Summarise
{
}
