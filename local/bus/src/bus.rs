//! Local event bus. Applies the same rules to an event as EventBridge does.

use crate::queue::{Queue, QueueError};
use crate::template::Template;
use async_trait::async_trait;
use events::{
    Clock, Emit, EmitError, Entry, Event, EventBridgeEvent, EventId, Handler, MAX_SIZE, OnError,
    Subscribe, compile,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Notify;

/// Matches events against the template's rules and adds one delivery to the queue per route. Drops
/// an event that matches no rule, as AWS does.
pub struct LocalBus {
    template: Arc<Template>,
    queue: Queue,
    clock: Arc<dyn Clock>,
    arrived: Notify,
    handlers: RwLock<Handlers>,
}

/// Handlers by function name.
pub type Handlers = BTreeMap<&'static str, Arc<dyn Handler>>;

impl LocalBus {
    /// Creates a bus that applies the rules of `template` and writes to `queue`.
    pub fn new(template: Arc<Template>, queue: Queue, clock: Arc<dyn Clock>) -> Self {
        Self {
            template,
            queue,
            clock,
            arrived: Notify::new(),
            handlers: RwLock::default(),
        }
    }

    /// Adds a delivery for each matching route of `events`. Returns after the queue has committed
    /// them.
    ///
    /// # Errors
    /// [`QueueError`]: no delivery was added.
    pub async fn put(&self, events: Vec<EventBridgeEvent<Value>>) -> Result<(), QueueError> {
        let mut deliveries = Vec::new();
        for event in events {
            let routes = self.template.routes(&event);
            if routes.is_empty() {
                tracing::info!(topic = event.detail_type, "no rule matches");
            }
            let routes = routes.into_iter().cloned();
            deliveries.extend(routes.map(|route| (event.clone(), route)));
        }
        let put = self.queue.put(deliveries, self.clock.now()).await;
        self.arrived.notify_one();
        put
    }

    /// Returns the registered handlers.
    pub fn handlers(&self) -> Handlers {
        self.handlers
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until events have been added since the last call.
    pub async fn arrival(&self) {
        self.arrived.notified().await;
    }
}

/// The template's rules decide which events a handler receives, with which delay, retries and
/// concurrency. The log names a handler that no rule targets.
impl Subscribe for LocalBus {
    fn on(&self, topics: &str, handler: Arc<dyn Handler>) -> Result<(), OnError> {
        let pattern = compile(topics)?;
        let function = handler.name();
        if !self.template.subscribes(function, &pattern) {
            tracing::warn!(
                function,
                topics,
                "the template has no rule for this subscription"
            );
        }
        let mut handlers = self
            .handlers
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        handlers.insert(function, handler);
        Ok(())
    }
}

#[async_trait]
impl Emit for LocalBus {
    async fn emit(&self, events: Vec<Event>) -> Result<(), EmitError> {
        let ids: Vec<EventId> = events.iter().map(|event| event.id.clone()).collect();
        let mut envelopes = Vec::new();
        for event in events {
            let size = Entry::from(&event).size();
            if size > MAX_SIZE {
                let (id, topic, limit) = (event.id, event.topic, MAX_SIZE);
                return Err(EmitError::TooLarge {
                    id,
                    topic,
                    size,
                    limit,
                });
            }
            envelopes.push(event.into_eventbridge().into_json());
        }
        self.put(envelopes)
            .await
            .map_err(|error| EmitError::Unavailable {
                failed: ids,
                reason: error.to_string(),
            })
    }
}
