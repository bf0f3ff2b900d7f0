//! Converts errors and cut connections into responses.

use crate::answer::{Failure, Refusal};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::pin::Pin;
use std::task::{Context, Poll};

pub(super) struct ErrorResponse(pub(super) Refusal);

impl IntoResponse for ErrorResponse {
    fn into_response(self) -> Response {
        let Self(refusal) = self;
        let mut body = json!({
            "message": refusal.message,
            "documentation_url": "https://docs.github.com/rest",
            "status": refusal.status.to_string(),
        });
        if !refusal.errors.is_empty()
            && let Some(body) = body.as_object_mut()
        {
            body.insert("errors".into(), Value::Array(refusal.errors));
        }
        let mut response = Json(body).into_response();
        if let Ok(status) = refusal.status.try_into() {
            *response.status_mut() = status;
        }
        let headers = response.headers_mut();
        if let Some(limit) = refusal.limit {
            if let Some(retry_after) = limit.retry_after {
                headers.insert("retry-after", retry_after.as_secs().into());
            }
            if let Some(reset) = limit.reset {
                headers.insert("x-ratelimit-limit", 5000.into());
                headers.insert("x-ratelimit-remaining", 0.into());
                headers.insert("x-ratelimit-used", 5000.into());
                headers.insert("x-ratelimit-reset", reset.as_second().into());
            }
        }
        response
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(refusal) => ErrorResponse(refusal).into_response(),
            // The headers are sent, then the connection closes before the
            // body is complete.
            Self::Cut => Body::new(InterruptedBody).into_response(),
        }
    }
}

struct InterruptedBody;

impl http_body::Body for InterruptedBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionAborted.into())))
    }
}
