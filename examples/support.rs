//! Answers support tickets with their history, which is stored in state. Run it with
//! `cargo run -p examples --example support`.

use events::{Emit, Event, HandlerError, InProcess, NewEvent, Outcome, Subscribe, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use state::{Decision, Key, Record, StateManager};
use std::convert::Infallible;
use std::error::Error;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Ticket {
    answers: Vec<String>,
}

/// Decides on an answer. A repeated event does not get here: `turn` stores the applied ids.
fn answer(seen: Option<&Ticket>) -> Decision<Ticket, Infallible> {
    let mut next = seen.cloned().unwrap_or_default();
    let answer = match next.answers.len() {
        0 => "Thank you, we are looking into it.".to_owned(),
        earlier => format!("We have answered {earlier} times and call you now."),
    };
    next.answers.push(answer);
    Decision::Write {
        next,
        emits: vec![],
        expires_at: None,
    }
}

async fn handle(state: StateManager, event: Event) -> Result<Outcome, HandlerError> {
    let key = Key::new("ticket", event.subject.as_deref().unwrap_or_default())?;
    let decide = |seen: Option<&Ticket>, _| answer(seen);
    let turn = state.turn(&key, "support", &event, decide).await?;
    Ok(turn.into_parts().0)
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), Box<dyn Error>> {
    let (bus, state) = (InProcess::default(), StateManager::in_memory());
    let shared = state.clone();
    let support = events::handler("support", move |event| handle(shared.clone(), event));
    bus.on("support.ticket.*", support)?;

    for id in ["message-1", "message-2", "message-2"] {
        let message = NewEvent::on("support.ticket.created", "42".to_owned(), &json!({}));
        let event = Event::first(id.parse()?, "example", message, Timestamp::UNIX_EPOCH);
        bus.emit(vec![event]).await?;
    }
    bus.settle().await;
    let ticket = state
        .get::<Record<Ticket>>(&Key::new("ticket", "42")?)
        .await?;
    let answers = ticket.value.ok_or("no ticket")?.value.answers;
    assert_eq!(answers.len(), 2, "the repeated message is answered once");
    println!("{answers:#?}");
    Ok(())
}
