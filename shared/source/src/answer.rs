use events::{EventId, Topic};
use http::{Response, StatusCode, header};
use serde::Serialize;

/// Seconds after which a sender may try again.
const RETRY_AFTER: &str = "10";

/// Answer of a source to an accepted request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// 202 with this message and the first event's id and topic.
    Message(&'static str),
    /// 200 with a body that the sender's protocol requires.
    Own {
        /// MIME type.
        content_type: &'static str,
        /// The body.
        body: String,
    },
}

/// Answer to a request. GitHub shows it beside the delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// HTTP status.
    #[serde(skip)]
    pub status: StatusCode,
    /// Result, or the reason of a refusal.
    pub message: String,
    /// Id of the first event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<EventId>,
    /// Topic of the first event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<Topic>,
    /// MIME type of a body that the sender's protocol requires; `message` is that body.
    #[serde(skip)]
    pub(crate) content_type: Option<&'static str>,
}

impl Answer {
    pub(crate) fn new(status: StatusCode, message: impl ToString) -> Self {
        Self {
            status,
            message: message.to_string(),
            id: None,
            topic: None,
            content_type: None,
        }
    }

    /// Writes one log line per request. `metric` names the count that the line adds to.
    pub(crate) fn log(&self, source: &str) {
        let status = self.status.as_u16();
        let metric = match self.status {
            status if status.is_success() => "DeliveryAccepted",
            status if status.is_client_error() => "DeliveryRefused",
            _ => "DeliveryFailed",
        };
        let id = self.id.as_ref().map(EventId::as_str);
        let topic = self.topic.as_ref().map(Topic::as_str);
        let message = match self.content_type {
            Some(_) => "answered",
            None => self.message.as_str(),
        };
        if self.status.is_server_error() {
            tracing::error!(metric, source, status, id, topic, "{message}");
        } else {
            tracing::info!(metric, source, status, id, topic, "{message}");
        }
    }

    pub(crate) fn into_response(self) -> Response<String> {
        let (content_type, body) = match self.content_type {
            Some(content_type) => (content_type, self.message),
            None => ("application/json", serde_json::json!(self).to_string()),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            let seconds = header::HeaderValue::from_static(RETRY_AFTER);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        let content_type = header::HeaderValue::from_static(content_type);
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, content_type);
        response
    }
}
