use event::{Event, MalformedEvent, Message, Timestamp};
use review::message::{CheckCompleted, ProofCompleted, ReviewKey, ReviewRequested};

/// What was heard.
#[derive(Debug, Clone)]
pub(crate) enum Heard {
    /// A specialist is done.
    Completed(CheckCompleted),
    /// The second look is done.
    Proved(ProofCompleted),
    /// Time is up for what was requested then.
    Deadline(ReviewRequested, Timestamp),
}

impl Heard {
    pub(crate) fn of(event: &Event) -> Result<Self, MalformedEvent> {
        Ok(match event.topic.as_str() {
            ReviewRequested::TOPIC => Self::Deadline(event.read()?, event.time),
            ProofCompleted::TOPIC => Self::Proved(event.read()?),
            _ => Self::Completed(event.read::<CheckCompleted>()?),
        })
    }

    pub(crate) fn review(&self) -> &ReviewKey {
        match self {
            Self::Completed(completed) => &completed.review,
            Self::Proved(proved) => &proved.review,
            Self::Deadline(requested, _) => &requested.review,
        }
    }
}
