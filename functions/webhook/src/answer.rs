use event::{EventId, Topic};
use http::StatusCode;
use serde::Serialize;

/// What the sender sees: GitHub shows it beside the delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// HTTP status.
    #[serde(skip)]
    pub status: StatusCode,
    /// What happened, for people.
    pub message: String,
    /// The event's id, which is the delivery's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<EventId>,
    /// The topic that it has on the bus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<Topic>,
    /// GitHub's event is none of those documented.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
}

impl Answer {
    pub(crate) fn refused(status: StatusCode, why: impl Into<String>) -> Self {
        Self {
            status,
            message: why.into(),
            id: None,
            topic: None,
            unknown: false,
        }
    }

    pub(crate) fn taken(status: StatusCode, message: &str, id: EventId, topic: Topic) -> Self {
        Self {
            status,
            message: message.to_owned(),
            id: Some(id),
            topic: Some(topic),
            unknown: false,
        }
    }

    pub(crate) fn failed(status: StatusCode, why: String, id: EventId, topic: Topic) -> Self {
        Self::taken(status, &why, id, topic)
    }

    pub(crate) fn unknown(self) -> Self {
        Self {
            unknown: true,
            ..self
        }
    }

    /// One line a delivery; `metric` is what the counts are made from.
    pub(crate) fn log(&self) {
        let status = self.status.as_u16();
        let metric = match self.status {
            _ if self.unknown => "DeliveryUnknown",
            status if status.is_success() => "DeliveryAccepted",
            status if status.is_client_error() => "DeliveryRefused",
            _ => "DeliveryFailed",
        };
        let id = self.id.as_ref().map(EventId::as_str);
        let topic = self.topic.as_ref().map(Topic::as_str);
        if self.status.is_server_error() {
            tracing::error!(metric, status, id, topic, "{}", self.message);
        } else {
            tracing::info!(metric, status, id, topic, "{}", self.message);
        }
    }
}
