//! Handles every status other than 200 ("Kimi API", "Errors").

use crate::AgentError;
use crate::text::Redactor;
use serde_json::Value;
use std::time::Duration;

/// Reaction to a failed call.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Pause the endpoint, for the requested duration if there is one.
    Pause {
        wait: Option<Duration>,
        reason: String,
    },
    /// Retry after at least `wait`.
    Again {
        wait: Option<Duration>,
        reason: String,
    },
    /// Retry a question with an unknown outcome. It may be charged.
    Lost { reason: String },
    /// Request the answer in a simpler format.
    StepDown { reason: String },
    /// Fail permanently.
    Final(AgentError),
}

impl From<AgentError> for Refusal {
    /// Converts an error that prevents a call.
    fn from(error: AgentError) -> Self {
        Self::Final(error)
    }
}

/// Interprets an answer other than 200. `wait` is its `Retry-After`.
pub(crate) fn read(
    status: u16,
    wait: Option<Duration>,
    body: &[u8],
    redactor: &Redactor,
) -> Refusal {
    let (kind, message) = said(body);
    let reason = redactor.line(&format!("{status}: {message}"));
    let low = format!("{kind} {message}").to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| low.contains(word));
    let rejected = |reason: String| Refusal::Final(AgentError::Rejected { reason });
    match status {
        402 => Refusal::Final(AgentError::Quota { reason }),
        403 | 429 if has(QUOTA) => Refusal::Final(AgentError::Quota { reason }),
        429 if has(&["overloaded"]) => Refusal::Again { wait, reason },
        429 => Refusal::Pause {
            wait: wait.or_else(|| told(&low)),
            reason,
        },
        408 | 500..=599 => Refusal::Again { wait, reason },
        400 | 422 if has(&["content_filter", "high risk"]) => Refusal::Final(AgentError::Filtered),
        400 | 413 | 422 if has(&["token limit", "length too long", "context length"]) => rejected(
            format!("the question is longer than the model of KIMI_MODEL reads ({reason})"),
        ),
        400 | 422 if has(&["response_format", "schema"]) => Refusal::StepDown { reason },
        // Omits the message, which may contain a part of the key.
        401 => rejected(
            "401: KIMI_API_KEY is not taken by the endpoint of KIMI_BASE_URL. Check the key; one \
             from the platform for China (platform.moonshot.cn, platform.kimi.com) only works \
             with KIMI_BASE_URL=https://api.moonshot.cn/v1, one from platform.moonshot.ai or \
             platform.kimi.ai only with https://api.moonshot.ai/v1"
                .to_owned(),
        ),
        403 => rejected(format!(
            "KIMI_API_KEY may not use the model of KIMI_MODEL; check the key's rights and the \
             account ({reason})"
        )),
        404 => rejected(format!(
            "KIMI_MODEL names no model of the endpoint, or KIMI_BASE_URL is not the part before \
             /chat/completions ({reason})"
        )),
        300..=399 => rejected(format!(
            "{status}: KIMI_BASE_URL answers with a redirect, and the key goes nowhere else; set \
             it to the address behind it"
        )),
        _ => rejected(format!(
            "the endpoint of KIMI_BASE_URL does not take the question; check that it speaks Chat \
             Completions and that KIMI_MODEL is one of its models ({reason})"
        )),
    }
}

/// Error types of status 429 for the account's balance and its daily tokens ("Errors"). A short
/// wait does not resolve them.
const QUOTA: &[&str] = &[
    "exceeded_current_quota",
    "exceeded your current quota",
    "insufficient balance",
    "insufficient_quota",
    "insufficient_balance",
    "tpd",
    "tokens per day",
    "daily",
    "usage limit",
    "is suspended",
];

/// Returns the error's type and message from any known location.
fn said(body: &[u8]) -> (String, String) {
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        let text = String::from_utf8_lossy(body.get(..2_000).unwrap_or(body));
        return (String::new(), text.into_owned());
    };
    let error = body.get("error").unwrap_or(&body);
    let text = |name: &str| error.get(name).and_then(Value::as_str);
    let kind = text("type").or_else(|| text("code")).unwrap_or_default();
    let message = text("message").or_else(|| error.as_str());
    (kind.to_owned(), message.unwrap_or(kind).to_owned())
}

/// Parses "please try again after 1 seconds" from Kimi's messages.
fn told(message: &str) -> Option<Duration> {
    let (_, rest) = message.split_once("try again after ")?;
    let (number, unit) = rest.split_once(' ')?;
    let seconds: u64 = number.parse().ok()?;
    unit.starts_with("second")
        .then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn outcome(status: u16, kind: &str, message: &str) -> String {
        let body = json!({"error": {"type": kind, "message": message}}).to_string();
        let redactor = Redactor::new("sk-secret".into());
        match read(status, None, body.as_bytes(), &redactor) {
            Refusal::Pause { wait, .. } => format!("pause {}", wait.map_or(0, |w| w.as_secs())),
            Refusal::Again { .. } => "again".to_owned(),
            Refusal::Lost { .. } => "lost".to_owned(),
            Refusal::StepDown { .. } => "step down".to_owned(),
            Refusal::Final(error) => {
                let text = format!("{error:?}");
                text.split([' ', '(']).next().unwrap().to_owned()
            }
        }
    }

    #[test]
    fn status_and_message_determine_reaction() {
        for (status, kind, message, want) in [
            (
                429,
                "rate_limit_reached_error",
                "Your account reached max RPM: 3, please try again after 1 seconds",
                "pause 1",
            ),
            (
                429,
                "rate_limit_reached_error",
                "too many requests",
                "pause 0",
            ),
            (
                429,
                "exceeded_current_quota_error",
                "You exceeded your current token quota",
                "Quota",
            ),
            (
                429,
                "rate_limit_reached_error",
                "reached max TPD rate limit: 1500000",
                "Quota",
            ),
            (
                429,
                "engine_overloaded_error",
                "The engine is currently overloaded",
                "again",
            ),
            (
                403,
                "permission_denied_error",
                "insufficient balance",
                "Quota",
            ),
            (402, "", "pay", "Quota"),
            (403, "permission_denied_error", "not yours", "Rejected"),
            (
                401,
                "invalid_authentication_error",
                "Invalid Authentication",
                "Rejected",
            ),
            (
                404,
                "resource_not_found_error",
                "Not found the model",
                "Rejected",
            ),
            (
                400,
                "content_filter",
                "rejected because it was considered high risk",
                "Filtered",
            ),
            (
                400,
                "invalid_request_error",
                "response_format is not supported",
                "step down",
            ),
            (
                400,
                "invalid_request_error",
                "not a valid moonshot flavored json schema",
                "step down",
            ),
            (
                400,
                "invalid_request_error",
                "Your request exceeded model token limit: 262144",
                "Rejected",
            ),
            (
                400,
                "invalid_request_error",
                "invalid temperature",
                "Rejected",
            ),
            (302, "", "", "Rejected"),
            (418, "", "teapot", "Rejected"),
            (500, "unexpected_output", "", "again"),
            (503, "", "", "again"),
            (408, "", "", "again"),
        ] {
            assert_eq!(
                outcome(status, kind, message),
                want,
                "{status} {kind} {message}"
            );
        }
    }

    #[test]
    fn rejection_names_variable_and_remedy() {
        let reason = |status| {
            let body = br#"{"error":{"message":"no: sk-secret"}}"#;
            match read(status, None, body, &Redactor::new("sk-secret".into())) {
                Refusal::Final(error) => error.to_string(),
                Refusal::Pause { .. }
                | Refusal::Again { .. }
                | Refusal::Lost { .. }
                | Refusal::StepDown { .. } => String::new(),
            }
        };
        insta::assert_snapshot!(reason(401), @"401: KIMI_API_KEY is not taken by the endpoint of KIMI_BASE_URL. Check the key; one from the platform for China (platform.moonshot.cn, platform.kimi.com) only works with KIMI_BASE_URL=https://api.moonshot.cn/v1, one from platform.moonshot.ai or platform.kimi.ai only with https://api.moonshot.ai/v1");
        insta::assert_snapshot!(reason(403), @"KIMI_API_KEY may not use the model of KIMI_MODEL; check the key's rights and the account (403: no: [key])");
        insta::assert_snapshot!(reason(404), @"KIMI_MODEL names no model of the endpoint, or KIMI_BASE_URL is not the part before /chat/completions (404: no: [key])");
    }

    #[test]
    fn reads_errors_of_any_shape() {
        for (why, body, want) in [
            ("Kimi's", r#"{"error":{"message":"a"}}"#, "a"),
            ("a text", r#"{"error":"a"}"#, "a"),
            ("flat", r#"{"message":"a"}"#, "a"),
            ("only a code", r#"{"error":{"code":"a"}}"#, "a"),
            ("HTML", "<html>", "<html>"),
            ("a number", "7", ""),
            ("nothing", "", ""),
        ] {
            assert_eq!(said(body.as_bytes()).1, want, "{why}");
        }
    }
}
