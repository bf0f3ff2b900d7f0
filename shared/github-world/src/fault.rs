//! Faults that a test orders, to prove what survives them.

use crate::Call;
use std::collections::VecDeque;
use std::time::Duration;

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is done; 503.
    Unavailable,
    /// Nothing is done; 422: the same call would be refused again.
    Rejected,
    /// It *is* done, and then the connection is cut before the answer is there.
    LostReply,
    /// It *is* done, and then a proxy answers 502.
    BadGateway,
    /// Nothing is done; 403 with this `retry-after` (whole seconds).
    RateLimited {
        /// How long to wait.
        retry_after: Duration,
    },
    /// It is done, this much later on the world's clock.
    Slow(Duration),
}

/// The faults that are still to come.
#[derive(Debug, Default)]
pub(crate) struct Faults(VecDeque<(Option<Call>, Fault)>);

impl Faults {
    pub(crate) fn order(&mut self, on: Option<Call>, fault: Fault) {
        self.0.push_back((on, fault));
    }

    /// The first one that was ordered for this call or for any.
    pub(crate) fn take(&mut self, call: Call) -> Option<Fault> {
        let hit = |(on, _): &(Option<Call>, Fault)| on.is_none_or(|on| on == call);
        let at = self.0.iter().position(hit)?;
        self.0.remove(at).map(|(_, fault)| fault)
    }
}
