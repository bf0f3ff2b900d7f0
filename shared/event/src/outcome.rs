use std::fmt;

/// What came of an event that was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Something changed; this many events were said.
    Applied {
        /// How many events were said.
        said: usize,
    },
    /// It was heard before: nothing changed, the same events were said again.
    Repeated {
        /// How many events were said again.
        said: usize,
    },
    /// Nothing was to be done, for a reason that has a name.
    Ignored {
        /// The reason, for people.
        reason: String,
    },
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applied { said } => write!(f, "applied, said {said}"),
            Self::Repeated { said } => write!(f, "repeated, said {said} again"),
            Self::Ignored { reason } => write!(f, "ignored: {reason}"),
        }
    }
}
