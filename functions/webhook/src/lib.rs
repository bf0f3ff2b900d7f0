//! Event source for GitHub's webhook deliveries (`POST /webhook`).
//!
//! *Subscribes to* no topic.
//! *Reads* and *writes* nothing.
//! *Emits* `github.*`: each event and action has a topic.

use config::ConfigError;
use events::{Clock, Event, EventId};
use github::Delivery;
use http::HeaderMap;
use secrecy::SecretString;
use source::{EventSource, Refusal, Reply, Secrets, Submission};
use std::sync::Arc;

/// Largest payload in bytes ("Webhook events and payloads").
pub const MAX_BODY: usize = 25 * 1024 * 1024;

/// Dependencies of the source.
pub struct Deps {
    /// Clock.
    pub clock: Arc<dyn Clock>,
    /// Secret of the webhook. During a rotation, two secrets separated by a comma.
    pub github_webhook_secret: SecretString,
}

/// Source of GitHub's deliveries.
pub struct Webhook {
    secrets: Secrets,
    clock: Arc<dyn Clock>,
}

/// Creates the source.
///
/// # Errors
/// [`ConfigError`] if the secret is empty.
pub fn source(deps: Deps) -> Result<Webhook, ConfigError> {
    let secrets = Secrets::parse(&deps.github_webhook_secret)
        .map_err(|error| ConfigError::new("GITHUB_WEBHOOK_SECRET", error))?;
    Ok(Webhook {
        secrets,
        clock: deps.clock,
    })
}

impl EventSource for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn max_body(&self) -> usize {
        MAX_BODY
    }

    fn admit(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        signature(headers).map(drop)
    }

    fn authenticate(&self, headers: &HeaderMap, body: &[u8]) -> Result<Submission, Refusal> {
        self.verify(headers, body)?;
        let id: EventId = header(headers, "x-github-delivery")?
            .parse()
            .map_err(|error| Refusal::Invalid(format!("X-GitHub-Delivery: {error}")))?;
        let event = header(headers, "x-github-event")?;
        let content_type = header(headers, "content-type").unwrap_or_default();
        if content_type.starts_with("application/x-www-form-urlencoded") {
            let why = "set the webhook's content type to application/json";
            return Err(Refusal::UnsupportedMediaType(why.to_owned()));
        }
        let delivery =
            Delivery::read(event, body).map_err(|error| Refusal::Invalid(error.to_string()))?;
        let message = match (event, delivery.known) {
            ("ping", _) => "pong",
            (_, true) => "accepted",
            (_, false) => "accepted, an unknown event",
        };
        let now = self.clock.now();
        Ok(Submission {
            events: vec![Event::first(id, "github-bot.webhook", delivery.say, now)],
            texts: Vec::new(),
            reply: Reply::Message(message),
        })
    }
}

impl Webhook {
    fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
        if self.secrets.verify(signature(headers)?, body) {
            return Ok(());
        }
        let why =
            "X-Hub-Signature-256 does not match: is the webhook's secret the one configured here?";
        Err(Refusal::Unauthorized(why.to_owned()))
    }
}

fn signature(headers: &HeaderMap) -> Result<&str, Refusal> {
    header(headers, "x-hub-signature-256").map_err(|_| {
        let why = "X-Hub-Signature-256 is missing: set a secret on the webhook";
        Refusal::Unauthorized(why.to_owned())
    })
}

fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Refusal> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| Refusal::Invalid(format!("the header {name} is missing")))
}

#[cfg(test)]
mod tests;
