//! The bus on one machine: what EventBridge does with an event, by the same rules.

use crate::queue::Queue;
use crate::template::Template;
use async_trait::async_trait;
use bus::{Emit, EmitError, Entry, MAX_SIZE};
use event::{Event, EventId};
use ports::Clock;
use std::sync::Arc;
use tokio::sync::Notify;

/// Matches events against the template's rules and puts a delivery into the queue
/// for every route. An event that no rule matches is gone, as on AWS.
pub struct LocalBus {
    template: Arc<Template>,
    queue: Queue,
    clock: Arc<dyn Clock>,
    arrived: Notify,
}

impl LocalBus {
    /// A bus with the rules of `template` before `queue`.
    pub fn new(template: Arc<Template>, queue: Queue, clock: Arc<dyn Clock>) -> Self {
        Self {
            template,
            queue,
            clock,
            arrived: Notify::new(),
        }
    }

    /// Returns when events have been put since the last time.
    pub async fn arrival(&self) {
        self.arrived.notified().await;
    }
}

#[async_trait]
impl Emit for LocalBus {
    async fn emit(&self, events: Vec<Event>) -> Result<(), EmitError> {
        let ids: Vec<EventId> = events.iter().map(|event| event.id.clone()).collect();
        let mut deliveries = Vec::new();
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
            let envelope = event.into_eventbridge();
            let routes = self.template.routes(&envelope);
            if routes.is_empty() {
                tracing::debug!(topic = envelope.detail_type, "no rule matches");
            }
            deliveries.extend(
                routes
                    .into_iter()
                    .map(|route| (envelope.clone(), route.clone())),
            );
        }
        let put = self.queue.put(deliveries, self.clock.now()).await;
        self.arrived.notify_one();
        put.map_err(|error| EmitError::Unavailable {
            failed: ids,
            reason: error.to_string(),
        })
    }
}
