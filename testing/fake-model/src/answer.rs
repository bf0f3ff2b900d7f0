//! Replies of the simulated server, successful or not, in Kimi's format ("Errors").

use serde_json::{Value, json};
use std::time::Duration;

/// Scripted reply.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Value as JSON text, finished.
    Json(Value),
    /// Value in a Markdown fence, with text around it.
    Fenced(Value),
    /// Text, finished.
    Text(String),
    /// Message with arbitrary content.
    Message(Value),
    /// Truncated text: `finish_reason` is `length`.
    CutShort(String),
    /// Filtered answer: `finish_reason` is `content_filter`.
    Filtered,
    /// Filtered question: 400 `content_filter`.
    FilteredQuestion,
    /// Refusal with this text.
    Refusal(String),
    /// Empty content.
    Empty,
    /// Whole body of a 200 answer.
    Body(String),
    /// Value as JSON text, in a reply without usage.
    WithoutUsage(Value),
    /// 429: requests or tokens per minute.
    RateLimited {
        /// `Retry-After` header, if any.
        retry_after: Option<String>,
    },
    /// 429: no credit.
    NoQuota,
    /// 429: tokens per day.
    DailyLimit,
    /// 429: overloaded engine.
    Overloaded {
        /// `Retry-After` header, if any.
        retry_after: Option<String>,
    },
    /// Any other error, such as 503.
    Error {
        /// HTTP status.
        status: u16,
        /// Type of the error.
        kind: String,
        /// Message of the error.
        message: String,
    },
    /// Connection that closes before the end of the answer.
    Cut,
    /// No answer.
    Hang,
    /// Delay on the world's clock. The next scripted reply follows it.
    Slow(Duration),
}

/// Reply without usage.
#[derive(Debug)]
pub(crate) enum Outgoing {
    Completion {
        message: Value,
        finish_reason: &'static str,
        usage: bool,
    },
    Body(String),
    Error {
        status: u16,
        kind: String,
        message: String,
        retry_after: Option<String>,
    },
    Cut,
    Hang,
}

impl Outgoing {
    pub(crate) fn error(status: u16, kind: &str, message: impl Into<String>) -> Self {
        Self::Error {
            status,
            kind: kind.to_owned(),
            message: message.into(),
            retry_after: None,
        }
    }

    fn said(content: impl Into<Value>, finish_reason: &'static str) -> Self {
        Self::Completion {
            // Models that reason have this field in addition to the content.
            message: json!({
                "role": "assistant",
                "content": content.into(),
                "reasoning_content": "Let me think about this.",
            }),
            finish_reason,
            usage: true,
        }
    }
}

impl Reply {
    pub(crate) fn outgoing(self) -> Outgoing {
        const RATE: &str = "rate_limit_reached_error";
        match self {
            Self::Json(value) => Outgoing::said(value.to_string(), "stop"),
            Self::Fenced(value) => {
                let text = format!("Here it is:\n```json\n{value}\n```\nThat is all.");
                Outgoing::said(text, "stop")
            }
            Self::Text(text) => Outgoing::said(text, "stop"),
            Self::Message(message) => Outgoing::Completion {
                message,
                finish_reason: "stop",
                usage: true,
            },
            Self::CutShort(text) => Outgoing::said(text, "length"),
            Self::Filtered => Outgoing::said("", "content_filter"),
            Self::FilteredQuestion => Outgoing::error(
                400,
                "content_filter",
                "The request was rejected because it was considered high risk",
            ),
            Self::Refusal(text) => Outgoing::Completion {
                message: json!({"role": "assistant", "content": null, "refusal": text}),
                finish_reason: "stop",
                usage: true,
            },
            Self::Empty => Outgoing::said(Value::Null, "stop"),
            Self::Body(body) => Outgoing::Body(body),
            Self::WithoutUsage(value) => Outgoing::Completion {
                message: json!({"role": "assistant", "content": value.to_string()}),
                finish_reason: "stop",
                usage: false,
            },
            Self::RateLimited { retry_after } => Outgoing::Error {
                status: 429,
                kind: RATE.to_owned(),
                message: "Your account request reached organization max RPM: 3".to_owned(),
                retry_after,
            },
            Self::NoQuota => Outgoing::error(
                429,
                "exceeded_current_quota_error",
                "You exceeded your current token quota, please check your account balance",
            ),
            Self::DailyLimit => Outgoing::error(
                429,
                RATE,
                "Your account request reached TPD rate limit, current: 1500001, limit: 1500000",
            ),
            Self::Overloaded { retry_after } => Outgoing::Error {
                status: 429,
                kind: "engine_overloaded_error".to_owned(),
                message: "The engine is currently overloaded, please try again later".to_owned(),
                retry_after,
            },
            Self::Error {
                status,
                kind,
                message,
            } => Outgoing::error(status, &kind, message),
            Self::Cut => Outgoing::Cut,
            // The world waits before it takes the next reply from the script.
            Self::Hang | Self::Slow(_) => Outgoing::Hang,
        }
    }
}
