use crate::Topic;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Typed event body with its topic.
///
/// `data` is small: references (repository, number, head SHA) and fields that rules filter on,
/// never a diff.
pub trait Message: Serialize + DeserializeOwned {
    /// Topic, such as `agent.pr.review_requested`.
    const TOPIC: &'static str;

    /// Returns the subject of the event within its source (CloudEvents `subject`), such as
    /// `octo/widgets#7`.
    fn subject(&self) -> String;
}

/// Event of a decision, without its envelope. It is stored with the state, so that a repeat can
/// emit it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewEvent {
    pub topic: Topic,
    pub subject: String,
    /// The event's `data`.
    pub data: Value,
}

impl NewEvent {
    /// Creates an event with `message` on its own topic.
    ///
    /// # Panics
    /// As [`NewEvent::on`].
    pub fn new<M: Message>(message: &M) -> Self {
        Self::on(M::TOPIC, message.subject(), message)
    }

    /// Creates an event with `data` on one of its topics.
    ///
    /// # Panics
    /// If `topic` is not a topic or `data` cannot be written as JSON. Both are errors in a
    /// definition, independent of the input.
    #[expect(clippy::expect_used, reason = "a constant is wrong, not an input")]
    pub fn on(topic: &'static str, subject: String, data: &impl Serialize) -> Self {
        Self {
            topic: topic.parse().expect("a message's topic is a topic"),
            subject,
            data: serde_json::to_value(data).expect("a message is written as JSON"),
        }
    }
}
