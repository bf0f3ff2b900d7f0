use crate::{Answer, EventSource, Refusal, Reply, Senders, Submission, Text};
use events::{Emit, Failure};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use state::{StateError, StateManager, Version};
use std::error::Error;
use std::fmt::Display;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Time for a body to arrive. GitHub waits 10 s for an answer ("Handling webhook deliveries").
const READ_TIME: Duration = Duration::from_secs(10);
/// Time for storing and publishing. The template ends an invocation after 30 s.
const PUBLISH_TIME: Duration = Duration::from_secs(25);

/// HTTP door of a source: limits size and time, stores texts, publishes events, and answers
/// after the bus has the events. A failure is answered with 5xx, so that the sender can deliver
/// again.
pub struct Door {
    source: Arc<dyn EventSource>,
    bus: Arc<dyn Emit>,
    state: Option<StateManager>,
    senders: Senders,
}

impl Door {
    /// Creates a door for a source whose requests have no texts.
    pub fn new(source: Arc<dyn EventSource>, bus: Arc<dyn Emit>) -> Self {
        Self {
            source,
            bus,
            state: None,
            senders: Senders::default(),
        }
    }

    /// Stores the texts of requests in `state`.
    #[must_use]
    pub fn with_state(mut self, state: StateManager) -> Self {
        self.state = Some(state);
        self
    }

    /// Answers only requests from these addresses.
    #[must_use]
    pub fn only_from(mut self, senders: Senders) -> Self {
        self.senders = senders;
        self
    }

    /// Answers a request that came from `address`, if its sender is admitted.
    pub async fn answer_from<B>(
        &self,
        address: Option<IpAddr>,
        request: Request<B>,
    ) -> Response<String>
    where
        B: BodyExt + Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
        B::Data: Send,
    {
        if self.senders.admit(address) {
            return self.answer(request).await;
        }
        let address = address.map_or_else(|| "unknown".to_owned(), |it| it.to_string());
        let refusal = Refusal::Forbidden(format!("the address {address} may not send here"));
        let answer = Answer::new(refusal.status(), &refusal);
        answer.log(self.source.name());
        answer.into_response()
    }

    /// Answers a request whose body is yet to arrive.
    pub async fn answer<B>(&self, request: Request<B>) -> Response<String>
    where
        B: BodyExt + Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
        B::Data: Send,
    {
        let (head, body) = request.into_parts();
        let limit = self.source.max_body();
        let body = tokio::time::timeout(READ_TIME, Limited::new(body, limit).collect()).await;
        let refusal = match body {
            Ok(Ok(body)) => {
                let answer = self.handle(&head.headers, &body.to_bytes()).await;
                return answer.into_response();
            }
            Ok(Err(error)) if error.is::<LengthLimitError>() => Refusal::TooLarge(limit),
            Ok(Err(error)) => Refusal::Invalid(format!("the body did not arrive: {error}")),
            Err(_) => Refusal::TooSlow(READ_TIME.as_secs()),
        };
        let answer = Answer::new(refusal.status(), &refusal);
        answer.log(self.source.name());
        answer.into_response()
    }

    /// Answers a request with the headers and the body.
    pub async fn handle(&self, headers: &HeaderMap, body: &[u8]) -> Answer {
        let limit = self.source.max_body();
        let accepted = match body.len() > limit {
            true => Err(Refusal::TooLarge(limit)),
            false => self.source.authenticate(headers, body),
        };
        let answer = match accepted {
            Ok(accepted) => self.accept(accepted).await,
            Err(refusal) => Answer::new(refusal.status(), refusal),
        };
        answer.log(self.source.name());
        answer
    }

    /// Accepts what a source has received without HTTP: stores the texts and publishes the events.
    /// If the answer's status is no success, the events are not on the bus.
    pub async fn submit(&self, submission: Submission) -> Answer {
        let answer = self.accept(submission).await;
        answer.log(self.source.name());
        answer
    }

    pub(crate) fn source(&self) -> &dyn EventSource {
        &*self.source
    }

    async fn accept(&self, submission: Submission) -> Answer {
        let Submission {
            events,
            texts,
            reply,
        } = submission;
        let first = events.first();
        let (id, topic) = (
            first.map(|event| event.id.clone()),
            first.map(|event| event.topic.clone()),
        );
        let work = async {
            self.store(texts).await?;
            self.bus.emit(events).await.map_err(Answer::failure)
        };
        let done = tokio::time::timeout(PUBLISH_TIME, work).await;
        let answer = match done.unwrap_or_else(|_| Err(Answer::slow())) {
            Err(failure) => failure,
            Ok(()) => match reply {
                Reply::Message(message) => Answer::new(StatusCode::ACCEPTED, message),
                Reply::Own { content_type, body } => Answer {
                    content_type: Some(content_type),
                    ..Answer::new(StatusCode::OK, body)
                },
            },
        };
        Answer {
            id,
            topic,
            ..answer
        }
    }

    async fn store(&self, texts: Vec<Text>) -> Result<(), Answer> {
        for Text {
            key,
            text,
            expires_at,
        } in texts
        {
            let Some(state) = &self.state else {
                let why = format!("{key} cannot be stored: the source's manifest needs no state");
                return Err(Answer::new(StatusCode::INTERNAL_SERVER_ERROR, why));
            };
            // A lost race is a repeat of the same request.
            let stored = state.set(&key, Version::ABSENT, &text, expires_at).await;
            let _ = stored.map_err(|error: StateError| Answer::failure(error))?;
        }
        Ok(())
    }
}

impl Answer {
    fn failure(error: impl Failure + Display) -> Self {
        let status = match error.is_retryable() {
            true => StatusCode::SERVICE_UNAVAILABLE,
            false => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error)
    }

    fn slow() -> Self {
        let why = format!(
            "the events were not published within {} s",
            PUBLISH_TIME.as_secs()
        );
        Self::new(StatusCode::SERVICE_UNAVAILABLE, why)
    }
}
