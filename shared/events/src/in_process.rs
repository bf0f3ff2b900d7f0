use crate::subscribe::compile;
use crate::{Emit, EmitError, Handler, HandlerError, OnError, Subscribe};
use crate::{Event, Outcome};
use async_trait::async_trait;
use pattern::RuleSet;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Bus within one process, without a template. [`on`](Subscribe::on) registers handlers by
/// topic pattern; [`settle`](InProcess::settle) delivers the emitted events.
///
/// ```
/// # use events::{Emit, InProcess, Subscribe};
/// # use events::{Event, NewEvent, Outcome};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let bus = InProcess::default();
/// let greeter = events::handler("greeter", async |event| {
///     println!("received {}", event.topic);
///     Ok(Outcome::Applied { emitted: 0 })
/// });
/// bus.on("github.pr.*", greeter)?;
///
/// let opened = NewEvent {
///     topic: "github.pr.opened".parse()?,
///     subject: "octo/widgets#7".to_owned(),
///     data: serde_json::json!({ "number": 7 }),
/// };
/// # let now = events::Timestamp::UNIX_EPOCH;
/// bus.emit(vec![Event::first("delivery-1".parse()?, "example", opened, now)]).await?;
/// assert_eq!(bus.settle().await.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
pub struct InProcess {
    rules: RwLock<RuleSet<Arc<dyn Handler>>>,
    waiting: Mutex<VecDeque<Event>>,
}

/// One delivery of an event to a handler.
#[derive(Debug)]
pub struct DeliveryResult {
    /// The event.
    pub event: Event,
    /// The handler's name.
    pub handler: &'static str,
    /// Result of the handler.
    pub result: Result<Outcome, HandlerError>,
}

impl InProcess {
    /// Delivers all events, including those that the handlers emit. Returns a handler's
    /// failure and does not retry it.
    pub async fn settle(&self) -> Vec<DeliveryResult> {
        let mut settled = Vec::new();
        while let Some(event) = self.next() {
            for handler in self.subscribers(&event) {
                settled.push(DeliveryResult {
                    event: event.clone(),
                    handler: handler.name(),
                    result: handler.handle(&event).await,
                });
            }
        }
        settled
    }

    fn subscribers(&self, event: &Event) -> Vec<Arc<dyn Handler>> {
        let envelope = serde_json::json!(event.clone().into_eventbridge());
        let envelope = pattern::Event::from_value(&envelope);
        let rules = self.rules.read().unwrap_or_else(PoisonError::into_inner);
        rules.matching(&envelope).cloned().collect()
    }

    fn next(&self) -> Option<Event> {
        self.waiting().pop_front()
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, VecDeque<Event>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscribe for InProcess {
    fn on(&self, topics: &str, handler: Arc<dyn Handler>) -> Result<(), OnError> {
        let pattern = compile(topics)?;
        let mut rules = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        rules.insert(pattern, handler);
        Ok(())
    }
}

#[async_trait]
impl Emit for InProcess {
    async fn emit(&self, events: Vec<Event>) -> Result<(), EmitError> {
        self.waiting().extend(events);
        Ok(())
    }
}
