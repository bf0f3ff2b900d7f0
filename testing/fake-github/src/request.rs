//! Recorded requests, for tests that compare them with GitHub's OpenAPI description.

use axum::http::request::Parts;
use serde_json::Value;

/// A request without its headers, because they contain credentials.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpRequest {
    /// HTTP method, such as `GET`.
    pub method: String,
    /// Path as received, such as `/repos/octo/widgets/pulls/7`.
    pub path: String,
    /// Query after the `?`, as received; empty if absent.
    pub query: String,
    /// JSON body; `null` if the body is absent or not JSON.
    pub body: Value,
    /// Response status; 0 until the response is sent.
    pub status: u16,
}

impl HttpRequest {
    pub(crate) fn new(parts: &Parts, body: &[u8]) -> Self {
        Self {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            body: serde_json::from_slice(body).unwrap_or(Value::Null),
            status: 0,
        }
    }
}
