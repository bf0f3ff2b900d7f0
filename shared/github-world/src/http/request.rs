//! The requests that came, for tests that hold them against GitHub's own
//! description of its API.

use crate::World;
use axum::http::request::Parts;
use serde_json::Value;

/// A request, without its headers: those hold the credentials.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpRequest {
    /// Such as `GET`.
    pub method: String,
    /// Such as `/repos/octo/widgets/pulls/7`, as it came.
    pub path: String,
    /// What follows the `?`, as it came; empty if there is nothing.
    pub query: String,
    /// Its JSON; `null` without a body, and for a body that is no JSON.
    pub body: Value,
    /// What it was answered with; 0 while it is not.
    pub status: u16,
}

impl HttpRequest {
    pub(super) fn of(parts: &Parts, body: &[u8]) -> Self {
        Self {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            body: serde_json::from_slice(body).unwrap_or(Value::Null),
            status: 0,
        }
    }
}

impl World {
    /// Every request that came over HTTP, also those that were refused, oldest
    /// first.
    pub fn requests(&self) -> Vec<HttpRequest> {
        self.lock().http.requests.clone()
    }
}
