//! Parses the payload of an invocation: an EventBridge event, or a batch of SQS messages with such
//! events ("Using Lambda with Amazon SQS").

use events::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

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
    /// Time of the arrival in the queue, in milliseconds since 1970.
    #[serde(default)]
    sent_timestamp: Option<String>,
    /// Time of the first delivery to a function, in milliseconds since 1970.
    #[serde(default)]
    approximate_first_receive_timestamp: Option<String>,
}

impl Invocation {
    pub(crate) fn read(payload: &Value) -> Result<Self, serde_json::Error> {
        match payload.get("Records") {
            None => Ok(Self::Event),
            Some(records) => Vec::deserialize(records).map(Self::Batch),
        }
    }
}

fn milliseconds(text: Option<&str>) -> Option<u64> {
    text?.parse().ok()
}

impl Record {
    /// Returns the event as JSON. Text that is not JSON becomes a JSON string.
    pub(crate) fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| self.body.clone().into())
    }

    /// Returns the time in the queue before the first delivery: its delay, and the wait for a free
    /// function. `None` if SQS does not say so.
    pub(crate) fn queued(&self) -> Option<Duration> {
        let first = self.first_receive()?;
        let sent = milliseconds(self.attributes.sent_timestamp.as_deref())?;
        Some(Duration::from_millis(first.saturating_sub(sent)))
    }

    /// Returns the time between the first delivery and `now`: the waits after failed attempts.
    pub(crate) fn retried(&self, now: Timestamp) -> Option<Duration> {
        let first = self.first_receive()?;
        let now = u64::try_from(now.as_millisecond()).ok()?;
        Some(Duration::from_millis(now.saturating_sub(first)))
    }

    fn first_receive(&self) -> Option<u64> {
        let attributes = &self.attributes;
        milliseconds(attributes.approximate_first_receive_timestamp.as_deref())
    }

    /// Returns the number of deliveries to a function, including this one.
    pub(crate) fn receives(&self) -> u32 {
        let count = self.attributes.approximate_receive_count.as_deref();
        count.and_then(|count| count.parse().ok()).unwrap_or(1)
    }
}
