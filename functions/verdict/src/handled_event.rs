use events::{Event, MalformedEvent, Message};
use review::message::{CheckCompleted, ReviewBegun, ReviewKey, SecondLookCompleted};

/// Event that the handler processes.
#[derive(Debug, Clone)]
pub(crate) enum HandledEvent {
    /// A specialist has completed its check.
    Completed(CheckCompleted),
    /// The second look is complete.
    Proved(SecondLookCompleted),
    /// The deadline of this beginning has passed.
    Deadline(ReviewBegun),
}

impl HandledEvent {
    pub(crate) fn of(event: &Event) -> Result<Self, MalformedEvent> {
        Ok(match event.topic.as_str() {
            ReviewBegun::TOPIC => Self::Deadline(event.read()?),
            SecondLookCompleted::TOPIC => Self::Proved(event.read()?),
            CheckCompleted::TOPIC => Self::Completed(event.read()?),
            _ => {
                return Err(MalformedEvent {
                    id: event.id.clone(),
                    topic: event.topic.clone(),
                    reason: "nothing about a verdict".to_owned(),
                });
            }
        })
    }

    pub(crate) fn review(&self) -> &ReviewKey {
        match self {
            Self::Completed(completed) => &completed.review,
            Self::Proved(proved) => &proved.review,
            Self::Deadline(begun) => &begun.review,
        }
    }
}
