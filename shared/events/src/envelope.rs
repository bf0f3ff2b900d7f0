use crate::{CorrelationId, EventId, Failure, Message, NewEvent, Topic};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// CloudEvents 1.0 JSON object ("CloudEvents - Version 1.0.2"), which is the `detail` of the
/// EventBridge entry that carries it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Always `1.0`.
    pub specversion: SpecVersion,
    /// Unique per source; a repeat of the same event has the same id.
    pub id: EventId,
    /// Emitter: `github-bot.<function>`. Equal to EventBridge's `source`.
    pub source: String,
    /// Topic. Equal to EventBridge's `detail-type`.
    #[serde(rename = "type")]
    pub topic: Topic,
    /// Subject, such as `octo/widgets#7`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Time of emission (RFC 3339).
    pub time: Timestamp,
    /// Delivery that started the flow.
    pub correlationid: CorrelationId,
    /// Event that caused this one; absent on the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causationid: Option<EventId>,
    /// W3C Trace Context, passed on unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// Body, whose type depends on the topic.
    pub data: Value,
}

/// CloudEvents' `specversion`, of which one is supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpecVersion {
    /// CloudEvents 1.0.
    #[serde(rename = "1.0")]
    V1,
}

/// Event whose body does not have the type of its topic. It is not retryable.
#[derive(Debug, thiserror::Error)]
#[error("event {id} on {topic}: malformed data: {reason}")]
pub struct MalformedEvent {
    pub id: EventId,
    pub topic: Topic,
    /// Problem and its position.
    pub reason: String,
}

impl Failure for MalformedEvent {
    fn is_retryable(&self) -> bool {
        false
    }
}

impl Event {
    /// Creates the first event of a flow. It has no cause, and its id becomes the correlation id.
    pub fn first(id: EventId, source: &str, say: NewEvent, now: Timestamp) -> Self {
        Self {
            specversion: SpecVersion::V1,
            correlationid: CorrelationId::from(&id),
            id,
            source: source.to_owned(),
            topic: say.topic,
            subject: Some(say.subject),
            time: now,
            causationid: None,
            traceparent: None,
            data: say.data,
        }
    }

    /// Creates the `index`th event that `handler` emits for `self`.
    pub fn caused(&self, handler: &str, index: usize, say: NewEvent, now: Timestamp) -> Self {
        Self {
            specversion: SpecVersion::V1,
            id: EventId::derive(&self.id, handler, index),
            source: format!("github-bot.{handler}"),
            topic: say.topic,
            subject: Some(say.subject),
            time: now,
            correlationid: self.correlationid.clone(),
            causationid: Some(self.id.clone()),
            traceparent: self.traceparent.clone(),
            data: say.data,
        }
    }

    /// Returns the events that `handler` emits for `self`, in order. A repeat of `self` returns the
    /// same events.
    pub fn effects(&self, handler: &str, emits: impl IntoIterator<Item = NewEvent>) -> Vec<Self> {
        let effect = |(index, say)| self.caused(handler, index, say, self.time);
        emits.into_iter().enumerate().map(effect).collect()
    }

    /// Returns the body as the type of the topic.
    ///
    /// # Errors
    /// [`MalformedEvent`] names the field that is missing or wrong.
    pub fn read<M: Message>(&self) -> Result<M, MalformedEvent> {
        if self.topic.as_str() == M::TOPIC {
            self.data_as()
        } else {
            Err(self.malformed(format!("expected the topic {}", M::TOPIC)))
        }
    }

    /// Returns the body as a type that several topics share.
    ///
    /// # Errors
    /// [`MalformedEvent`] names the field that is missing or wrong.
    pub fn data_as<T: serde::de::DeserializeOwned>(&self) -> Result<T, MalformedEvent> {
        T::deserialize(&self.data).map_err(|error| self.malformed(error.to_string()))
    }

    fn malformed(&self, reason: String) -> MalformedEvent {
        MalformedEvent {
            id: self.id.clone(),
            topic: self.topic.clone(),
            reason,
        }
    }

    /// Converts to the EventBridge event that a rule's target receives ("Events in Amazon
    /// EventBridge"), for the local runner: same fields, a placeholder account and region.
    pub fn into_eventbridge(self) -> EventBridgeEvent {
        EventBridgeEvent {
            version: "0".to_owned(),
            id: self.id.to_string(),
            detail_type: self.topic.to_string(),
            source: self.source.clone(),
            account: "000000000000".to_owned(),
            time: self.time,
            region: "local".to_owned(),
            resources: Vec::new(),
            detail: self,
        }
    }
}

/// Event that a rule's target receives: EventBridge's envelope around an [`Event`] or another
/// detail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventBridgeEvent<D = Event> {
    /// Always `0`.
    #[serde(default)]
    pub version: String,
    /// EventBridge's own id, new for every delivery of the same event. It does not identify repeats.
    pub id: String,
    /// Topic.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    /// Emitter.
    pub source: String,
    /// AWS account, twelve digits.
    #[serde(default)]
    pub account: String,
    /// Time at which the event was put on the bus.
    pub time: Timestamp,
    /// AWS region.
    #[serde(default)]
    pub region: String,
    /// ARNs of resources; unused.
    #[serde(default)]
    pub resources: Vec<String>,
    pub detail: D,
}

impl<D: Serialize> EventBridgeEvent<D> {
    /// Converts the detail to plain JSON, the form in which a bus accepts events of any emitter.
    pub fn into_json(self) -> EventBridgeEvent<Value> {
        EventBridgeEvent {
            version: self.version,
            id: self.id,
            detail_type: self.detail_type,
            source: self.source,
            account: self.account,
            time: self.time,
            region: self.region,
            resources: self.resources,
            detail: serde_json::json!(self.detail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn opened() -> Event {
        let say = NewEvent {
            topic: "github.pr.opened".parse().unwrap(),
            subject: "octo/widgets#7".to_owned(),
            data: json!({"number": 7}),
        };
        let id = "72d3162e-cc78-11e3-81ab-4c9367dc0958".parse().unwrap();
        let now = "2026-11-01T12:00:00Z".parse().unwrap();
        Event::first(id, "github-bot.webhook", say, now)
    }

    #[test]
    fn serializes_as_cloudevent() {
        insta::assert_json_snapshot!(opened(), @r#"
        {
          "specversion": "1.0",
          "id": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
          "source": "github-bot.webhook",
          "type": "github.pr.opened",
          "subject": "octo/widgets#7",
          "time": "2026-11-01T12:00:00Z",
          "correlationid": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
          "data": {
            "number": 7
          }
        }
        "#);
    }

    #[test]
    fn caused_event_names_cause_and_correlation() {
        let opened = opened();
        let say = NewEvent {
            topic: "agent.pr.review_requested".parse().unwrap(),
            subject: "octo/widgets#7".to_owned(),
            data: json!({}),
        };
        let requested = opened.caused("pull-request", 0, say.clone(), opened.time);
        let check = requested.caused("coordinator", 0, say, opened.time);
        assert_eq!(requested.causationid.as_ref(), Some(&opened.id));
        assert_eq!(check.causationid.as_ref(), Some(&requested.id));
        assert_eq!(check.correlationid, opened.correlationid);
        assert_eq!(check.source, "github-bot.coordinator");
    }

    #[test]
    fn envelope_survives_the_bus() {
        let envelope = opened().into_eventbridge();
        let text = serde_json::to_string(&envelope).unwrap();
        assert_eq!(
            serde_json::from_str::<EventBridgeEvent>(&text).unwrap(),
            envelope
        );
        // A bus that does not parse the detail must not change it.
        let carried = serde_json::to_string(&envelope.into_json()).unwrap();
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(read(&carried), read(&text));
    }

    #[test]
    fn error_names_malformed_data() {
        #[derive(Debug, Deserialize)]
        struct Body {
            #[expect(dead_code, reason = "only its absence matters")]
            head_sha: String,
        }
        insta::assert_snapshot!(opened().data_as::<Body>().unwrap_err(), @"event 72d3162e-cc78-11e3-81ab-4c9367dc0958 on github.pr.opened: malformed data: missing field `head_sha`");
    }
}
