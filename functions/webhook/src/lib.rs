//! GitHub's way in.
//!
//! *Hears* GitHub's deliveries (`POST /webhook`).
//! *Reads* nothing.
//! *Writes* nothing.
//! *Says* `github.*`: every event and action has its topic.
//!
//! A delivery is answered 2xx only after the bus has it, so that a failure shows
//! on GitHub's side, where it can be delivered again.

mod answer;
#[cfg(feature = "lambda")]
pub mod lambda;
mod signature;

pub use answer::Answer;
pub use signature::{NoSecret, Secrets};

use bus::{Emit, EmitError};
use event::{Event, EventId, Failure};
use github::Delivery;
use http::{HeaderMap, StatusCode};
use ports::Clock;
use std::sync::Arc;

/// GitHub caps payloads at 25 MB ("Webhook events and payloads").
pub const MAX_BODY: usize = 25 * 1024 * 1024;

/// The function.
pub struct Webhook {
    secrets: Secrets,
    bus: Arc<dyn Emit>,
    clock: Arc<dyn Clock>,
}

impl Webhook {
    /// Takes deliveries that are signed with one of `secrets`.
    pub fn new(secrets: Secrets, bus: Arc<dyn Emit>, clock: Arc<dyn Clock>) -> Self {
        Self {
            secrets,
            bus,
            clock,
        }
    }

    /// Answers one delivery: `body` is its bytes as GitHub signed them.
    pub async fn handle(&self, headers: &HeaderMap, body: &[u8]) -> Answer {
        let answer = match self.verify(headers, body) {
            Ok(accepted) => self.put(accepted).await,
            Err(refused) => refused,
        };
        answer.log();
        answer
    }

    fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<Accepted, Answer> {
        if body.len() > MAX_BODY {
            let why = format!(
                "the body has {} bytes, at most {MAX_BODY} are taken",
                body.len()
            );
            return Err(Answer::refused(StatusCode::PAYLOAD_TOO_LARGE, why));
        }
        let signature = header(headers, "x-hub-signature-256").map_err(|_| {
            let why = "X-Hub-Signature-256 is missing: set a secret on the webhook";
            Answer::refused(StatusCode::UNAUTHORIZED, why)
        })?;
        if !self.secrets.verify(signature, body) {
            let why = "X-Hub-Signature-256 does not fit: is the webhook's secret the one configured here?";
            return Err(Answer::refused(StatusCode::UNAUTHORIZED, why));
        }
        let id: EventId = header(headers, "x-github-delivery")?
            .parse()
            .map_err(|error| {
                Answer::refused(
                    StatusCode::BAD_REQUEST,
                    format!("X-GitHub-Delivery: {error}"),
                )
            })?;
        let event = header(headers, "x-github-event")?;
        if header(headers, "content-type")
            .is_ok_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
        {
            let why = "set the webhook's content type to application/json";
            return Err(Answer::refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
        }
        let delivery = Delivery::read(event, body)
            .map_err(|error| Answer::refused(StatusCode::BAD_REQUEST, error.to_string()))?;
        Ok(Accepted { id, delivery })
    }

    async fn put(&self, Accepted { id, delivery }: Accepted) -> Answer {
        let topic = delivery.say.topic.clone();
        let event = Event::first(
            id.clone(),
            "github-bot.webhook",
            delivery.say,
            self.clock.now(),
        );
        match self.bus.emit(vec![event]).await {
            Ok(()) if topic.as_str() == "github.ping" => {
                Answer::taken(StatusCode::OK, "pong", id, topic)
            }
            Ok(()) if delivery.known => Answer::taken(StatusCode::ACCEPTED, "accepted", id, topic),
            Ok(()) => Answer::taken(
                StatusCode::ACCEPTED,
                "accepted, an unknown event",
                id,
                topic,
            )
            .unknown(),
            Err(error) => Answer::failed(status_of(&error), error.to_string(), id, topic),
        }
    }
}

/// A delivery that is GitHub's and makes sense.
struct Accepted {
    id: EventId,
    delivery: Delivery,
}

/// Whatever is wrong with the bus is not the sender's fault: 5xx.
fn status_of(error: &EmitError) -> StatusCode {
    if error.is_retryable() {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Answer> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| {
            Answer::refused(
                StatusCode::BAD_REQUEST,
                format!("the header {name} is missing"),
            )
        })
}

#[cfg(test)]
mod tests;
