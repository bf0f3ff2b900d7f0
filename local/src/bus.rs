//! The bus on one machine: what EventBridge does with an event, by the same rules.

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

/// Matches events against the template's rules and puts a delivery into the queue
/// for every route. An event that no rule matches is gone, as on AWS.
pub struct LocalBus {
    template: Arc<Template>,
    queue: Queue,
    clock: Arc<dyn Clock>,
    arrived: Notify,
    handlers: RwLock<Handlers>,
}

/// Handlers by name.
pub type Handlers = BTreeMap<&'static str, Arc<dyn Handler>>;

impl LocalBus {
    /// A bus with the rules of `template` before `queue`.
    pub fn new(template: Arc<Template>, queue: Queue, clock: Arc<dyn Clock>) -> Self {
        Self {
            template,
            queue,
            clock,
            arrived: Notify::new(),
            handlers: RwLock::default(),
        }
    }

    /// Puts `events` on every route that they take. Returns when the queue has
    /// them.
    ///
    /// # Errors
    /// [`QueueError`]: none was put.
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

    /// Returns when events have been put since the last time.
    pub async fn arrival(&self) {
        self.arrived.notified().await;
    }
}

/// The template's rules decide which events a handler gets, and how: with which delay, retries
/// and concurrency. A handler that they do not lead to is named in the log.
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
