//! Agents that work together through events: a coordinator requests checks, and a security agent
//! blocks. Run it with `cargo run -p examples --example collaboration`.

use events::{Emit, Event, HandlerError, InProcess, NewEvent, Outcome, Subscribe, Timestamp};
use state::{Key, StateManager, Version};
use std::error::Error;
use std::sync::Arc;

const DIFF: &str = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -0,0 +1 @@\n\
                    +os.system(f\"rm {name}\")\n";

#[derive(Clone)]
struct Agents {
    bus: Arc<InProcess>,
    state: StateManager,
}

impl Agents {
    async fn emit(&self, event: &Event, topics: &[&'static str]) -> Result<Outcome, HandlerError> {
        let subject = || event.subject.clone().unwrap_or_default();
        let new = |topic: &&'static str| NewEvent::on(topic, subject(), &());
        let events = event.effects("example", topics.iter().map(new));
        let emitted = events.len();
        self.bus.emit(events).await?;
        Ok(Outcome::Applied { emitted })
    }

    async fn coordinate(self, event: Event) -> Result<Outcome, HandlerError> {
        let checks = ["agent.pr.security_check", "agent.pr.style_check"];
        self.emit(&event, &checks).await
    }

    async fn check(self, event: Event) -> Result<Outcome, HandlerError> {
        let key = Key::new("diff", event.subject.as_deref().unwrap_or_default())?;
        let diff = self.state.get::<String>(&key).await?.value;
        let diff = diff::parse(&diff.unwrap_or_default());
        let report = security::rules::reviewer().report(&diff);
        let block = report.findings.first().map(|_| "agent.pr.block");
        self.emit(&event, block.as_slice()).await
    }
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), Box<dyn Error>> {
    let (bus, state) = (Arc::new(InProcess::default()), StateManager::in_memory());
    let subject = "octo/widgets#7".to_owned();
    let _ = (state.set(&Key::new("diff", &subject)?, Version::ABSENT, &DIFF, None)).await?;
    let agents = Agents { bus, state };
    let (bus, checker) = (agents.bus.clone(), agents.clone());
    let coordinate = events::handler("coordinator", move |it| agents.clone().coordinate(it));
    let check = events::handler("security", move |it| checker.clone().check(it));
    bus.on("agent.pr.review_requested", coordinate)?;
    bus.on("agent.pr.security_check", check)?;
    let new = NewEvent::on("agent.pr.review_requested", subject, &());
    let event = Event::first("request-1".parse()?, "example", new, Timestamp::UNIX_EPOCH);
    bus.emit(vec![event]).await?;
    let last = bus.settle().await.pop().ok_or("no events")?;
    assert!(matches!(last.result, Ok(Outcome::Applied { emitted: 1 })));
    Ok(())
}
