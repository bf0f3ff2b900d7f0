//! Converts GitHub's error responses into errors.

use crate::limit;
use events::Timestamp;
use github::port::GitHubError;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// Maximum number of characters passed on from GitHub's message.
const LONGEST_REASON: usize = 2_000;

/// Time to wait after content that was created too quickly. GitHub names none ("Best practices for
/// using the REST API").
const TOO_QUICK: Duration = Duration::from_secs(60);

/// The body of an error ("Troubleshooting the REST API").
#[derive(Debug, Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: Value,
}

/// Converts an error response into a [`GitHubError`].
pub(crate) fn read(
    call: &str,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> GitHubError {
    let call = call.to_owned();
    let body: ErrorBody = serde_json::from_slice(body).unwrap_or_default();
    if let Some(retry_after) = limit::retry_after(status, headers, &body.message, now) {
        return GitHubError::RateLimited { call, retry_after };
    }
    let reason = reason(status, &body);
    match status.as_u16() {
        401 | 403 => GitHubError::Forbidden { call, reason },
        404 | 410 => GitHubError::NotFound { call, reason },
        422 if is_too_quick(&reason) => GitHubError::RateLimited {
            call,
            retry_after: TOO_QUICK,
        },
        422 if is_not_available(&body.errors) => GitHubError::TooLarge { call, reason },
        406 => GitHubError::TooLarge { call, reason },
        408 | 500.. => GitHubError::Unavailable {
            call,
            reason: format!("{}: {reason}", status.as_u16()),
        },
        _ => GitHubError::Rejected { call, reason },
    }
}

/// Returns whether the message is a limit of content creation, which passes.
fn is_too_quick(reason: &str) -> bool {
    reason.to_lowercase().contains("submitted too quickly")
}

/// Returns whether GitHub could not generate a diff, for example because it takes too long.
fn is_not_available(errors: &Value) -> bool {
    let is_it = |error: &Value| error.get("code").and_then(Value::as_str) == Some("not_available");
    errors
        .as_array()
        .is_some_and(|errors| errors.iter().any(is_it))
        || is_it(errors)
}

/// Returns `message: error; error` in one line of limited length.
fn reason(status: StatusCode, body: &ErrorBody) -> String {
    let message = match body.message.as_str() {
        "" => status.canonical_reason().unwrap_or("no reason given"),
        message => message,
    };
    let errors: Vec<String> = match &body.errors {
        Value::Array(errors) => errors.iter().map(one_error).collect(),
        Value::Null => Vec::new(),
        other @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            vec![one_error(other)]
        }
    };
    let text = if errors.is_empty() {
        message.to_owned()
    } else {
        format!("{message}: {}", errors.join("; "))
    };
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().take(LONGEST_REASON).map(printable).collect()
}

/// Formats an entry of `errors`: a text, an object with a message, or an object with
/// resource, field and code.
fn one_error(error: &Value) -> String {
    let field = |name: &str| error.get(name).and_then(Value::as_str);
    if let Some(text) = error.as_str().or_else(|| field("message")) {
        return text.to_owned();
    }
    let named: Vec<&str> = ["resource", "field", "code"]
        .into_iter()
        .filter_map(field)
        .collect();
    if named.is_empty() {
        error.to_string()
    } else {
        named.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_maps_to_error() {
        for (why, status, body, want) in [
            (
                "texts, as for reviews",
                422,
                r#"{"message":"Unprocessable Entity","errors":["Can not approve your own pull request"]}"#,
                "GitHub did not accept GET /x: Unprocessable Entity: Can not approve your own pull request",
            ),
            (
                "objects with a message",
                422,
                r#"{"message":"Validation Failed","errors":[{"resource":"Issue","code":"custom","field":"body","message":"body is too long"}]}"#,
                "GitHub did not accept GET /x: Validation Failed: body is too long",
            ),
            (
                "objects without",
                406,
                r#"{"message":"Sorry, too large","errors":[{"resource":"PullRequest","field":"diff","code":"too_large"}]}"#,
                "GitHub gives no diff for GET /x: Sorry, too large: PullRequest diff too_large",
            ),
            (
                "one text instead of a list",
                400,
                r#"{"message":"Bad Request","errors":"odd"}"#,
                "GitHub did not accept GET /x: Bad Request: odd",
            ),
            (
                "a proxy's page",
                502,
                "<html>",
                "GitHub did not answer GET /x: 502: Bad Gateway",
            ),
            (
                "an unknown status",
                599,
                "",
                "GitHub did not answer GET /x: 599: no reason given",
            ),
            ("gone", 410, "{}", "GitHub has nothing at GET /x: Gone"),
            (
                "no common ancestor",
                404,
                r#"{"message":"No common ancestor between main and topic."}"#,
                "GitHub has nothing at GET /x: No common ancestor between main and topic.",
            ),
            (
                "a diff that takes too long",
                422,
                r#"{"message":"Server Error: Sorry, this diff is taking too long to generate.","errors":[{"resource":"PullRequest","field":"diff","code":"not_available"}]}"#,
                "GitHub gives no diff for GET /x: Server Error: Sorry, this diff is taking too long to generate.: PullRequest diff not_available",
            ),
            (
                "content that is created too quickly",
                422,
                r#"{"message":"Validation Failed","errors":["was submitted too quickly"]}"#,
                "GitHub's rate limit holds back GET /x for 60s",
            ),
            (
                "a limit that passes",
                403,
                r#"{"message":"You have triggered an abuse detection mechanism. Please wait a few minutes before you try again."}"#,
                "GitHub's rate limit holds back GET /x for 60s",
            ),
            (
                "a lost permission",
                403,
                r#"{"message":"Resource not accessible by integration"}"#,
                "GitHub refused GET /x: Resource not accessible by integration; check GITHUB_TOKEN, or the App of GITHUB_APP_ID, and its permissions",
            ),
            (
                "lines cannot be forged in a log",
                409,
                r#"{"message":"a\nb"}"#,
                "GitHub did not accept GET /x: a b",
            ),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let error = read(
                "GET /x",
                status,
                &HeaderMap::new(),
                body.as_bytes(),
                Timestamp::UNIX_EPOCH,
            );
            assert_eq!(error.to_string(), want, "{why}");
        }
    }
}
