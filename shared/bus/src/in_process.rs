use crate::{Emit, EmitError, Handler, HandlerError};
use async_trait::async_trait;
use event::{Event, InvalidTopicPattern, Outcome, TopicPattern};
use pattern::{EventPattern, InvalidPattern, RuleSet};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// A bus within one process, without a template: handlers are put on it by topic
/// pattern, and [`settle`](InProcess::settle) delivers what was said.
///
/// ```
/// # use bus::{Emit, Handler, HandlerError, InProcess};
/// # use event::{Event, Outcome, Say};
/// # use std::sync::Arc;
/// struct Greeter;
///
/// #[async_trait::async_trait]
/// impl Handler for Greeter {
///     fn name(&self) -> &'static str { "greeter" }
///
///     async fn handle(&self, event: &Event) -> Result<Outcome, HandlerError> {
///         println!("heard {}", event.topic);
///         Ok(Outcome::Applied { said: 0 })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let bus = InProcess::default();
/// bus.on("github.pr.*", Arc::new(Greeter))?;
///
/// let opened = Say {
///     topic: "github.pr.opened".parse()?,
///     subject: "octo/widgets#7".to_owned(),
///     data: serde_json::json!({ "number": 7 }),
/// };
/// # let now = event::Timestamp::UNIX_EPOCH;
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

/// One delivery: which event, to whom, and what came of it.
#[derive(Debug)]
pub struct Settled {
    /// The event.
    pub event: Event,
    /// The handler's name.
    pub handler: &'static str,
    /// What it answered.
    pub result: Result<Outcome, HandlerError>,
}

/// Why a handler could not be put on the bus.
#[derive(Debug, thiserror::Error)]
pub enum OnError {
    /// The text is no topic pattern.
    #[error(transparent)]
    Topic(#[from] InvalidTopicPattern),
    /// EventBridge would refuse what it compiles to.
    #[error(transparent)]
    Pattern(#[from] InvalidPattern),
}

impl InProcess {
    /// From now on, `handler` hears every event whose topic matches.
    ///
    /// # Errors
    /// [`OnError`] when `topics` is no topic pattern.
    pub fn on(&self, topics: &str, handler: Arc<dyn Handler>) -> Result<(), OnError> {
        let topics: TopicPattern = topics.parse()?;
        let pattern = EventPattern::parse(&topics.to_event_pattern().to_string())?;
        self.rules
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(pattern, handler);
        Ok(())
    }

    /// Delivers what was said, and what is said on hearing it, until nothing is
    /// left. A handler's failure is returned, not tried again.
    pub async fn settle(&self) -> Vec<Settled> {
        let mut settled = Vec::new();
        while let Some(event) = self.next() {
            for handler in self.hearers(&event) {
                settled.push(Settled {
                    event: event.clone(),
                    handler: handler.name(),
                    result: handler.handle(&event).await,
                });
            }
        }
        settled
    }

    fn hearers(&self, event: &Event) -> Vec<Arc<dyn Handler>> {
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

#[async_trait]
impl Emit for InProcess {
    async fn emit(&self, events: Vec<Event>) -> Result<(), EmitError> {
        self.waiting().extend(events);
        Ok(())
    }
}
