//! Faults that a test injects to check error handling.

use crate::Call;
use std::collections::VecDeque;
use std::time::Duration;

/// A failure of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 503 without effect.
    Unavailable,
    /// 422 without effect: a repeated call would fail again.
    Rejected,
    /// The call takes effect, then the connection is cut before the response.
    LostReply,
    /// The call takes effect, then a proxy responds with 502.
    BadGateway,
    /// 403 with this `retry-after` (whole seconds), without effect.
    RateLimited { retry_after: Duration },
    /// The call succeeds after this delay on the world's clock.
    Slow(Duration),
    /// A read answers from a replica that is this far behind. A write is not affected.
    Outdated(Duration),
}

/// Queue of injected faults.
#[derive(Debug, Default)]
pub(crate) struct Faults(VecDeque<(Option<Call>, Fault)>);

impl Faults {
    pub(crate) fn order(&mut self, on: Option<Call>, fault: Fault) {
        self.0.push_back((on, fault));
    }

    /// Removes the first fault that matches this call.
    pub(crate) fn take(&mut self, call: Call) -> Option<Fault> {
        let hit = |(on, _): &(Option<Call>, Fault)| on.is_none_or(|on| on == call);
        let at = self.0.iter().position(hit)?;
        self.0.remove(at).map(|(_, fault)| fault)
    }
}
