use super::*;
use async_trait::async_trait;
use bytes::Bytes;
use events::{Emit, EmitError, EventId, ManualClock, NewEvent, SeededEntropy};
use http::{HeaderValue, Request};
use http_body::Frame;
use http_body_util::Full;
use state::{Memory, StateManager};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

/// Bus that keeps the events, or fails.
#[derive(Default)]
struct Bus {
    events: Mutex<Vec<Event>>,
    failure: Option<EmitError>,
}

#[async_trait]
impl Emit for Bus {
    async fn emit(&self, events: Vec<Event>) -> Result<(), EmitError> {
        match &self.failure {
            Some(failure) => Err(failure.clone()),
            None => {
                self.events.lock().unwrap().extend(events);
                Ok(())
            }
        }
    }
}

/// Source of tickets: the body is the ticket's text, the header `token` the secret.
struct Tickets {
    reply: Reply,
}

impl EventSource for Tickets {
    fn name(&self) -> &'static str {
        "tickets"
    }

    fn max_body(&self) -> usize {
        16
    }

    fn authenticate(&self, headers: &HeaderMap, body: &[u8]) -> Result<Submission, Refusal> {
        if headers.get("token").is_none_or(|token| token != "secret") {
            return Err(Refusal::Unauthorized("the token is wrong".to_owned()));
        }
        let text = String::from_utf8(body.to_vec())
            .map_err(|_| Refusal::Invalid("the text is not UTF-8".to_owned()))?;
        let id: EventId = "ticket-1".parse().unwrap();
        let say = NewEvent::on("support.ticket.opened", "ticket-1".to_owned(), &());
        Ok(Submission {
            events: vec![Event::first(id, "tickets", say, Timestamp::UNIX_EPOCH)],
            texts: vec![Text {
                key: key(),
                text,
                expires_at: None,
            }],
            reply: self.reply.clone(),
        })
    }
}

fn key() -> Key {
    Key::new("ticket", "ticket-1").unwrap()
}

fn state() -> StateManager {
    let clock = Arc::new(ManualClock::starting_at(Timestamp::UNIX_EPOCH));
    StateManager::new(
        Arc::new(Memory::default()),
        clock,
        Arc::new(SeededEntropy::new(1)),
    )
}

fn door(bus: &Arc<Bus>) -> Door {
    let reply = Reply::Message("accepted");
    Door::new(Arc::new(Tickets { reply }), bus.clone())
}

fn request(body: &str) -> Request<String> {
    let mut request = Request::new(body.to_owned());
    let token = HeaderValue::from_static("secret");
    request.headers_mut().insert("token", token);
    request
}

#[tokio::test]
async fn stores_texts_then_publishes() {
    let (bus, state) = (Arc::<Bus>::default(), state());
    let door = door(&bus).with_state(state.clone());
    for _ in 0..2 {
        let response = door.answer(request("It is broken")).await;
        assert_eq!(response.status(), StatusCode::ACCEPTED);
        let body = r#"{"id":"ticket-1","message":"accepted","topic":"support.ticket.opened"}"#;
        assert_eq!(response.body(), body);
    }
    let stored = state.get::<String>(&key()).await.unwrap();
    assert_eq!(stored.value.as_deref(), Some("It is broken"));
    assert_eq!(
        bus.events.lock().unwrap().len(),
        2,
        "the bus removes repeats"
    );
}

#[tokio::test]
async fn answers_admitted_addresses_only() {
    let bus = Arc::<Bus>::default();
    let senders = "192.30.252.0/22".parse().unwrap();
    let door = door(&bus).with_state(state()).only_from(senders);
    for (address, status) in [
        ("192.30.252.7", StatusCode::ACCEPTED),
        ("203.0.113.7", StatusCode::FORBIDDEN),
        ("", StatusCode::FORBIDDEN),
    ] {
        let response = door.answer_from(address.parse().ok(), request("text"));
        assert_eq!(response.await.status(), status, "{address:?}");
    }
    assert_eq!(bus.events.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn refuses_without_publishing() {
    let bus = Arc::<Bus>::default();
    let door = door(&bus).with_state(state());
    let mut answers = String::new();
    for (why, request) in [
        ("no token", Request::new("text".to_owned())),
        ("too large", request("seventeen bytes..")),
    ] {
        let response = door.answer(request).await;
        answers += &format!("{why}: {} {}\n", response.status(), response.body());
    }
    let broken = Request::from_parts(request("").into_parts().0, vec![0xff_u8]);
    let broken = broken.map(|bytes| Full::new(Bytes::from(bytes)));
    let response = door.answer(broken).await;
    answers += &format!("no UTF-8: {} {}\n", response.status(), response.body());
    insta::assert_snapshot!(answers, @r#"
    no token: 401 Unauthorized {"message":"the token is wrong"}
    too large: 413 Payload Too Large {"message":"the body has more than 16 bytes"}
    no UTF-8: 400 Bad Request {"message":"the text is not UTF-8"}
    "#);
    assert!(bus.events.lock().unwrap().is_empty());
}

#[tokio::test]
async fn texts_without_state_fail() {
    let bus = Arc::<Bus>::default();
    let response = door(&bus).answer(request("text")).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(bus.events.lock().unwrap().is_empty());
}

#[tokio::test]
async fn failing_bus_answers_5xx() {
    let unavailable = EmitError::Unavailable {
        failed: Vec::new(),
        reason: "InternalFailure".to_owned(),
    };
    let refused = EmitError::Refused {
        reason: "AccessDenied".to_owned(),
    };
    for (failure, status) in [
        (unavailable, StatusCode::SERVICE_UNAVAILABLE),
        (refused, StatusCode::INTERNAL_SERVER_ERROR),
    ] {
        let bus = Arc::new(Bus {
            failure: Some(failure),
            ..Bus::default()
        });
        let door = door(&bus).with_state(state());
        assert_eq!(door.answer(request("text")).await.status(), status);
    }
}

#[tokio::test]
async fn own_reply_is_sent_unchanged() {
    let bus = Arc::<Bus>::default();
    let reply = Reply::Own {
        content_type: "text/plain",
        body: "challenge".to_owned(),
    };
    let door = Door::new(Arc::new(Tickets { reply }), bus).with_state(state());
    let response = door.answer(request("text")).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/plain");
    assert_eq!(response.body(), "challenge");
}

/// Body that never arrives.
struct EndlessBody;

impl http_body::Body for EndlessBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

#[tokio::test(start_paused = true)]
async fn slow_body_is_refused() {
    let bus = Arc::<Bus>::default();
    let response = door(&bus).answer(Request::new(EndlessBody)).await;
    assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
}

/// Source that fails `failures` times and then submits one event.
struct Socket {
    failures: Mutex<u32>,
}

#[async_trait]
impl EventSource for Socket {
    fn name(&self) -> &'static str {
        "socket"
    }

    fn authenticate(&self, _: &HeaderMap, _: &[u8]) -> Result<Submission, Refusal> {
        Err(Refusal::Invalid("there are no requests".to_owned()))
    }

    async fn run(&self, door: &Door) -> Result<(), Box<dyn Error + Send + Sync>> {
        {
            let mut failures = self.failures.lock().unwrap();
            if let Some(left) = failures.checked_sub(1) {
                *failures = left;
                return Err("the connection is closed".into());
            }
        }
        let say = NewEvent::on("socket.line.read", "line".to_owned(), &());
        let event = Event::first("line-1".parse()?, "socket", say, Timestamp::UNIX_EPOCH);
        let answer = door.submit(Submission {
            events: vec![event],
            texts: Vec::new(),
            reply: Reply::Message("accepted"),
        });
        let answer = answer.await;
        match answer.status.is_success() {
            true => Ok(()),
            false => Err(answer.message.into()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn failed_receiver_runs_again_after_growing_pauses() {
    let bus = Arc::new(Bus::default());
    let failures = Mutex::new(8);
    let door = Door::new(Arc::new(Socket { failures }), bus.clone());
    let start = tokio::time::Instant::now();
    receive(&door).await;
    assert_eq!(bus.events.lock().unwrap().len(), 1);
    assert_eq!(start.elapsed().as_secs(), 1 + 2 + 4 + 8 + 16 + 32 + 60 + 60);
}
