//! Event sources: they authenticate input, map it to topics and publish events.
//!
//! An [`EventSource`] receives HTTP requests through a [`Door`], which is the same on Lambda and
//! in one process.

mod answer;
mod door;
#[cfg(feature = "lambda")]
pub mod lambda;
mod receiver;
mod senders;
mod signature;

pub use answer::{Answer, Reply};
pub use door::Door;
pub use receiver::receive;
pub use senders::{NoRange, Senders};
pub use signature::{NoSecret, Secrets};

use async_trait::async_trait;
use events::{Event, Timestamp};
use http::{HeaderMap, StatusCode};
use state::Key;
use std::error::Error;

/// Source of events: requests by HTTP, or input over a connection of its own.
#[async_trait]
pub trait EventSource: Send + Sync {
    /// Returns the function's name, as in `functions/<name>`.
    fn name(&self) -> &'static str;

    /// Returns the largest body in bytes that [`authenticate`](EventSource::authenticate) gets.
    fn max_body(&self) -> usize {
        1024 * 1024
    }

    /// Authenticates a request and maps it to events. `body` holds the bytes that the sender
    /// signed.
    ///
    /// # Errors
    /// [`Refusal`], which the sender gets as the answer.
    fn authenticate(&self, headers: &HeaderMap, body: &[u8]) -> Result<Submission, Refusal>;

    /// Receives input without HTTP, such as over a socket that it opens, and gives it to `door`.
    /// Only the one process calls this; on AWS a function cannot hold a connection. By default
    /// there is no such input.
    ///
    /// # Errors
    /// Any error. [`receive`] logs it and calls this again after a pause.
    async fn run(&self, _door: &Door) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(())
    }
}

/// Result of an authenticated request.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    /// Events, in order. They hold references, never a person's text.
    pub events: Vec<Event>,
    /// Texts that the events refer to. The door stores them before it publishes the events.
    pub texts: Vec<Text>,
    /// Answer to the sender after the events are published.
    pub reply: Reply,
}

/// A person's text, stored in state where it can be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// State key. It derives from the request's id, so that a repeat writes nothing.
    pub key: Key,
    /// The text.
    pub text: String,
    /// Time at which the text is deleted.
    pub expires_at: Option<Timestamp>,
}

impl Text {
    /// Creates a text that does not expire.
    pub fn new(key: Key, text: String) -> Self {
        Self {
            key,
            text,
            expires_at: None,
        }
    }
}

/// Reason why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request is malformed.
    #[error("{0}")]
    Invalid(String),
    /// The signature is missing or wrong.
    #[error("{0}")]
    Unauthorized(String),
    /// The sender may not call.
    #[error("{0}")]
    Forbidden(String),
    /// The body arrived too slowly.
    #[error("the body did not arrive within {0} s")]
    TooSlow(u64),
    /// The body is too large.
    #[error("the body has more than {0} bytes")]
    TooLarge(usize),
    /// The content type is wrong.
    #[error("{0}")]
    UnsupportedMediaType(String),
}

impl Refusal {
    /// Returns the refusal of a malformed request.
    pub fn invalid(reason: impl ToString) -> Self {
        Self::Invalid(reason.to_string())
    }

    /// Returns the HTTP status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        }
    }
}

#[cfg(test)]
mod tests;
