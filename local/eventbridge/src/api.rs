//! EventBridge's API for AWS SDKs: the AWS JSON 1.1 protocol ("AWS JSON 1.1 protocol", Smithy),
//! with the operation in `X-Amz-Target`.

use crate::bus::Bus;
use crate::refusal::Refusal;
use crate::{put_events, test_event_pattern};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

/// Maximum body in bytes. A call of 1 MiB can be several times as long on the wire, because its
/// details are JSON within JSON.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// Returns routes that serve the API on every other path. An SDK calls `POST /`.
pub(super) fn routes(bus: Bus) -> Router {
    Router::new().fallback(answer).with_state(Arc::new(bus))
}

async fn answer(
    State(bus): State<Arc<Bus>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok());
    let answered = match axum::body::to_bytes(body, MAX_BODY).await {
        Err(_) => Err(Refusal {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            ..Refusal::new(
                "RequestEntityTooLargeException",
                "The request is too large.",
            )
        }),
        Ok(_) if method != Method::POST || uri.path() != "/" => {
            Err(unknown_operation(&format!("{method} {}", uri.path())))
        }
        Ok(body) => operate(&bus, target.unwrap_or_default(), &body).await,
    };
    let (status, body) = match answered {
        Ok(body) => (StatusCode::OK, body),
        Err(refusal) => {
            let Refusal {
                status,
                kind,
                message,
            } = refusal;
            tracing::warn!(target, kind, message, "API call rejected");
            (status, json!({ "__type": kind, "message": message }))
        }
    };
    let mut response = (status, body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-amz-json-1.1"),
    );
    if let Ok(id) = HeaderValue::try_from(bus.new_id()) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

async fn operate(bus: &Bus, target: &str, body: &[u8]) -> Result<Value, Refusal> {
    match target {
        "AWSEvents.PutEvents" => put_events::put(bus, read(body)?).await,
        "AWSEvents.TestEventPattern" => test_event_pattern::test(&read(body)?),
        "AWSEvents.DescribeEventBus" => bus.describe(&read(body)?),
        other => Err(unknown_operation(other)),
    }
}

fn unknown_operation(what: &str) -> Refusal {
    Refusal::new(
        "UnknownOperationException",
        format!(
            "{what:?} is not an operation of this bus: expected POST / with X-Amz-Target \
             AWSEvents.PutEvents, AWSEvents.TestEventPattern or AWSEvents.DescribeEventBus"
        ),
    )
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let malformed = |error: serde_json::Error| Refusal::new("SerializationException", error);
    let body: Value = match body {
        b"" => json!({}),
        body => serde_json::from_slice(body).map_err(malformed)?,
    };
    if !body.is_object() {
        return Err(Refusal::new(
            "SerializationException",
            "the request is not a JSON object",
        ));
    }
    T::deserialize(body).map_err(malformed)
}
