//! A second event source: tickets arrive by HTTP, signed with HMAC-SHA256. The text goes to
//! state, and the event refers to it. Run it with `cargo run -p examples --example ticket_source`.

use events::{Event, InProcess, NewEvent, Timestamp};
use http::{HeaderMap, Request, StatusCode};
use serde::Deserialize;
use source::{Door, EventSource, Refusal, Reply, Secrets, Submission, Text};
use state::{Key, StateManager};
use std::error::Error;
use std::sync::Arc;

struct Tickets(Secrets);

#[derive(Deserialize)]
struct Ticket {
    id: String,
    message: String,
}

impl EventSource for Tickets {
    fn name(&self) -> &'static str {
        "tickets"
    }

    fn authenticate(&self, headers: &HeaderMap, body: &[u8]) -> Result<Submission, Refusal> {
        let signature = headers.get("x-signature").map(|it| it.to_str());
        if !signature.is_some_and(|it| it.is_ok_and(|it| self.0.verify(it, body))) {
            return Err(Refusal::Unauthorized("x-signature is wrong".to_owned()));
        }
        let Ticket { id, message } = serde_json::from_slice(body).map_err(Refusal::invalid)?;
        let key = Key::new("text", &id).map_err(Refusal::invalid)?;
        let event = id.parse().map_err(Refusal::invalid)?;
        let new = NewEvent::on("support.ticket.created", id, &());
        Ok(Submission {
            events: vec![Event::first(event, "tickets", new, Timestamp::UNIX_EPOCH)],
            texts: vec![Text::new(key, message)],
            reply: Reply::Message("accepted"),
        })
    }
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), Box<dyn Error>> {
    let body = r#"{"id":"ticket-42","message":"It is broken."}"#;
    let secrets = Secrets::parse(&"secret".into())?;
    let signature = secrets.sign(body.as_bytes());
    let request = Request::post("/tickets").header("x-signature", signature);

    let (bus, state) = (Arc::new(InProcess::default()), StateManager::in_memory());
    let door = Door::new(Arc::new(Tickets(secrets)), bus).with_state(state.clone());
    let response = door.answer(request.body(body.to_owned())?).await;
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let text = state.get::<String>(&Key::new("text", "ticket-42")?).await?;
    assert_eq!(text.value.as_deref(), Some("It is broken."));
    println!("{}", response.body());
    Ok(())
}
