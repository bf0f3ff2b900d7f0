//! Parses the payload of an invocation: an EventBridge event, or a batch of SQS messages with such
//! events ("Using Lambda with Amazon SQS").

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, PartialEq)]
pub(crate) enum Invocation {
    /// EventBridge invoked the function directly: the payload is the event.
    Event,
    /// SQS delivered the events.
    Batch(Vec<Record>),
}

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

/// Attributes of an SQS message ("ReceiveMessage").
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Attributes {
    /// Number of deliveries to a function, including this one.
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
    /// Returns the event as JSON. Text that is not JSON becomes a JSON string.
    pub(crate) fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| self.body.clone().into())
    }

    /// Returns the number of deliveries to a function, including this one.
    pub(crate) fn receives(&self) -> u32 {
        let count = self.attributes.approximate_receive_count.as_deref();
        count.and_then(|count| count.parse().ok()).unwrap_or(1)
    }
}
