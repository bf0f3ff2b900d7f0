use std::fmt;

/// Outcome of a handled event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The state changed.
    Applied {
        /// Number of emitted events.
        emitted: usize,
    },
    /// The event was handled before: the state did not change, the same events were emitted again.
    Repeated {
        /// Number of events emitted again.
        emitted: usize,
    },
    /// There was nothing to do.
    Ignored {
        /// Reason, for people.
        reason: String,
    },
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applied { emitted } => write!(f, "applied, emitted {emitted}"),
            Self::Repeated { emitted } => write!(f, "repeated, emitted {emitted} again"),
            Self::Ignored { reason } => write!(f, "ignored: {reason}"),
        }
    }
}
