//! GitHub's error responses: status, message, list of errors.

use events::Timestamp;
use github::port::GitHubError;
use serde_json::{Value, json};
use std::time::Duration;

/// An error response from GitHub.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) message: String,
    pub(crate) errors: Vec<Value>,
    pub(crate) limit: Option<LimitHeaders>,
}

/// A failed call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    Refused(Refusal),
    /// The connection was cut after the call took effect.
    Cut,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Rate limit headers ("Rate limits for the REST API").
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LimitHeaders {
    /// `retry-after`, in whole seconds.
    pub(crate) retry_after: Option<Duration>,
    /// `x-ratelimit-remaining: 0` with `x-ratelimit-reset`, in UTC epoch seconds.
    pub(crate) reset: Option<Timestamp>,
}

/// Wait without any header: "at least one minute" ("Rate limits for the REST API").
const MINUTE: Duration = Duration::from_secs(60);

impl Refusal {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            errors: Vec::new(),
            limit: None,
        }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// Returns 422 in the format of "Create a review for a pull request": errors are
    /// texts.
    pub(crate) fn unprocessable(errors: Vec<String>) -> Self {
        Self {
            errors: errors.into_iter().map(Value::String).collect(),
            ..Self::new(422, "Unprocessable Entity")
        }
    }

    /// Returns 406 for the diff media type.
    pub(crate) fn too_large(message: String) -> Self {
        Self {
            errors: vec![json!({"resource": "Comparison", "field": "diff", "code": "too_large"})],
            ..Self::new(406, message)
        }
    }

    pub(crate) fn unavailable() -> Self {
        Self::new(503, "Service Unavailable")
    }

    pub(crate) fn primary_limit(reset: Timestamp) -> Self {
        let whole = reset.as_second() + i64::from(reset.subsec_nanosecond() > 0);
        let reset = Timestamp::from_second(whole).unwrap_or(reset);
        Self {
            limit: Some(LimitHeaders {
                retry_after: None,
                reset: Some(reset),
            }),
            ..Self::new(403, "API rate limit exceeded for installation ID 2311213.")
        }
    }

    pub(crate) fn secondary_limit(status: u16, retry_after: Option<Duration>) -> Self {
        let whole = |wait: Duration| {
            Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
        };
        let retry_after = retry_after.map(whole);
        Self {
            limit: Some(LimitHeaders {
                retry_after,
                reset: None,
            }),
            ..Self::new(
                status,
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
            )
        }
    }

    /// Returns message and errors in one line, as clients log them.
    fn reason(&self) -> String {
        let errors: Vec<String> = self.errors.iter().map(one_error).collect();
        if errors.is_empty() {
            self.message.clone()
        } else {
            format!("{}: {}", self.message, errors.join("; "))
        }
    }

    /// Converts the response into a client's error.
    pub(crate) fn into_error(self, call: String, now: Timestamp) -> GitHubError {
        let reason = self.reason();
        if let Some(limit) = self.limit {
            let until = |reset: Timestamp| {
                Duration::try_from(reset.duration_since(now)).unwrap_or(Duration::ZERO)
            };
            let retry_after = limit
                .retry_after
                .or(limit.reset.map(until))
                .unwrap_or(MINUTE);
            return GitHubError::RateLimited { call, retry_after };
        }
        match self.status {
            401 | 403 => GitHubError::Forbidden { call, reason },
            404 | 410 => GitHubError::NotFound { call, reason },
            406 => GitHubError::TooLarge { call, reason },
            500.. => GitHubError::Unavailable {
                call,
                reason: format!("{}: {reason}", self.status),
            },
            _ => GitHubError::Rejected { call, reason },
        }
    }
}

fn one_error(error: &Value) -> String {
    let field = |name| error.get(name).and_then(Value::as_str);
    match error.as_str().or_else(|| field("message")) {
        Some(text) => text.to_owned(),
        None => ["resource", "field", "code"]
            .into_iter()
            .filter_map(field)
            .collect::<Vec<_>>()
            .join(" "),
    }
}
