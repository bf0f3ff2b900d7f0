//! What a function is invoked with: an EventBridge event, or a batch of SQS
//! messages that hold them ("Using Lambda with Amazon SQS").

use serde::Deserialize;
use serde_json::Value;

/// One invocation.
#[derive(Debug, PartialEq)]
pub(crate) enum Invocation {
    /// EventBridge invoked the function itself: the payload is the event.
    Event,
    /// The events came by a queue.
    Batch(Vec<Record>),
}

/// One SQS message.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    pub(crate) message_id: String,
    #[serde(default)]
    pub(crate) receipt_handle: String,
    pub(crate) body: String,
    #[serde(default)]
    pub(crate) attributes: Attributes,
}

/// What SQS says of a message ("ReceiveMessage").
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Attributes {
    /// How often it has been given to a function, this time included.
    #[serde(default)]
    approximate_receive_count: Option<String>,
}

impl Invocation {
    pub(crate) fn read(payload: &Value) -> Result<Self, serde_json::Error> {
        match payload.get("Records") {
            None => Ok(Self::Event),
            Some(records) => Vec::deserialize(records).map(Self::Batch),
        }
    }
}

impl Record {
    /// The event as JSON; a text that is none stays a text.
    pub(crate) fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| self.body.clone().into())
    }

    /// How often it has been given to a function, this time included.
    pub(crate) fn receives(&self) -> u32 {
        let count = self.attributes.approximate_receive_count.as_deref();
        count.and_then(|count| count.parse().ok()).unwrap_or(1)
    }
}
