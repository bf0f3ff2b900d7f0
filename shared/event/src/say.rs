use crate::Topic;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A typed event body and the topic that it is said under.
///
/// `data` is small: references (repository, number, head SHA) and what rules
/// filter on, never a diff.
pub trait Message: Serialize + DeserializeOwned {
    /// The topic, such as `agent.pr.review_requested`.
    const TOPIC: &'static str;

    /// What the event is about within its source (CloudEvents `subject`), such
    /// as `octo/widgets#7`.
    fn subject(&self) -> String;
}

/// What a decision says, before it has its envelope. It is kept with the state
/// that it was decided with, so that a repeat can say it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Say {
    /// The topic.
    pub topic: Topic,
    /// What it is about.
    pub subject: String,
    /// The event's `data`.
    pub data: Value,
}

impl Say {
    /// Says `message` under its own topic.
    ///
    /// # Panics
    /// As [`Say::on`].
    pub fn new<M: Message>(message: &M) -> Self {
        Self::on(M::TOPIC, message.subject(), message)
    }

    /// Says `data` under one of several topics that it belongs to.
    ///
    /// # Panics
    /// If `topic` is no topic or `data` cannot be written as JSON: both are
    /// mistakes in a definition, whatever the input.
    #[expect(clippy::expect_used, reason = "a constant is wrong, not an input")]
    pub fn on(topic: &'static str, subject: String, data: &impl Serialize) -> Self {
        Self {
            topic: topic.parse().expect("a message's topic is a topic"),
            subject,
            data: serde_json::to_value(data).expect("a message is written as JSON"),
        }
    }
}
