//! What one invocation is answered with.

use crate::invocation::{Invocation, Record};
use aws::{Base, hide, send_dead_letter};
use bus::Handler;
use config::ConfigError;
use event::EventBridgeEvent;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::{Value, json};
use std::time::Duration;

/// A function on Lambda.
pub(crate) struct Edge<H> {
    base: Base,
    handler: H,
    last_receive: Option<u32>,
}

/// Why an event was not handled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failed {
    /// It is no event.
    #[error("malformed EventBridge event: {0}")]
    Malformed(String),
    /// The function failed.
    #[error("{reason}")]
    Handler {
        /// Whether the same event may succeed later.
        retryable: bool,
        /// How long to wait before that, where it came by a queue.
        hidden_for: Duration,
        /// What happened.
        reason: String,
    },
}

impl Failed {
    fn is_retryable(&self) -> bool {
        match self {
            Self::Malformed(_) => false,
            Self::Handler { retryable, .. } => *retryable,
        }
    }

    fn error_type(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "MalformedEvent",
            Self::Handler { .. } => "HandlerError",
        }
    }
}

impl From<Failed> for Diagnostic {
    fn from(failed: Failed) -> Self {
        Self {
            error_type: failed.error_type().to_owned(),
            error_message: failed.to_string(),
        }
    }
}

impl<H: Handler> Edge<H> {
    pub(crate) fn new(base: Base, handler: H) -> Result<Self, ConfigError> {
        Ok(Self {
            last_receive: base.environment.max_receive_count()?,
            base,
            handler,
        })
    }

    /// Hears what came. An error has Lambda try again.
    pub(crate) async fn answer(&self, event: LambdaEvent<Value>) -> Result<Value, Failed> {
        let payload = event.payload;
        match Invocation::read(&payload) {
            Ok(Invocation::Event) => self.settle(payload, false).await?,
            Ok(Invocation::Batch(records)) => return Ok(self.batch(records).await),
            Err(error) => {
                let failed = self.malformed(&error);
                self.give_up(payload, failed, false).await?;
            }
        }
        Ok(Value::Null)
    }

    /// Hears every record and answers with those that failed ("Reporting batch item
    /// failures"): only they come again.
    async fn batch(&self, records: Vec<Record>) -> Value {
        let mut failed = Vec::new();
        for record in records {
            let last = self
                .last_receive
                .is_some_and(|last| record.receives() >= last);
            if let Err(why) = self.settle(record.event(), last).await {
                self.put_off(&record, &why).await;
                failed.push(json!({ "itemIdentifier": record.message_id }));
            }
        }
        json!({ "batchItemFailures": failed })
    }

    /// A message is shown again when what failed is worth another try: the queue's own
    /// time is for functions that never answer.
    async fn put_off(&self, record: &Record, failed: &Failed) {
        let Failed::Handler { hidden_for, .. } = failed else {
            return;
        };
        let Some(queue) = self.base.environment.queue_url() else {
            return;
        };
        if let Err(error) = hide(&self.base, queue, &record.receipt_handle, *hidden_for).await {
            tracing::warn!("tried again by the queue's own time: {}", error.reason);
        }
    }

    /// Hears one event; one that failed may be given up, and is settled by that.
    async fn settle(&self, event: Value, last_try: bool) -> Result<(), Failed> {
        match self.hear(&event).await {
            Ok(()) => Ok(()),
            Err(failed) => self.give_up(event, failed, last_try).await,
        }
    }

    /// When no try can succeed, or none is left, what came goes to the dead letters
    /// with the reason; else that is the answer.
    async fn give_up(&self, event: Value, failed: Failed, last_try: bool) -> Result<(), Failed> {
        let queue = self.base.environment.dead_letter_queue_url();
        let Some(queue) = queue.filter(|_| last_try || !failed.is_retryable()) else {
            return Err(failed);
        };
        let letter = self.letter(event, &failed);
        match send_dead_letter(&self.base, queue, &letter).await {
            Ok(()) => Ok(()),
            Err(error) => {
                tracing::error!("not in the dead letters: {}", error.reason);
                Err(failed)
            }
        }
    }

    /// Hears one event; what fails is logged here and nowhere else.
    async fn hear(&self, event: &Value) -> Result<(), Failed> {
        let function = self.handler.name();
        let event = match serde_json::from_value::<EventBridgeEvent>(event.clone()) {
            Ok(envelope) => envelope.detail,
            Err(error) => return Err(self.malformed(&error)),
        };
        let (id, topic) = (event.id.as_str(), event.topic.as_str());
        match self.handler.handle(&event).await {
            Ok(outcome) => {
                tracing::info!(id, topic, function, "{outcome}");
                Ok(())
            }
            Err(error) => {
                let (retryable, hidden_for) = (error.is_retryable(), error.hidden_for());
                let reason = error.to_string();
                tracing::error!(id, topic, function, retryable, "{reason}");
                Err(Failed::Handler {
                    retryable,
                    hidden_for,
                    reason,
                })
            }
        }
    }

    /// What came is no event, which is logged here.
    fn malformed(&self, error: &serde_json::Error) -> Failed {
        let failed = Failed::Malformed(error.to_string());
        let function = self.handler.name();
        tracing::error!(function, retryable = false, "{failed}");
        failed
    }

    /// The form of what Lambda itself sends to a destination ("Invocation record"),
    /// so that all dead letters of functions look alike.
    fn letter(&self, event: Value, failed: &Failed) -> Value {
        let condition = if failed.is_retryable() {
            "RetriesExhausted"
        } else {
            "NotRetryable"
        };
        json!({
            "version": "1.0",
            "timestamp": self.base.clock.now().to_string(),
            "requestContext": { "function": self.handler.name(), "condition": condition },
            "requestPayload": event,
            "responsePayload": {
                "errorType": failed.error_type(),
                "errorMessage": failed.to_string(),
            },
        })
    }
}

#[cfg(test)]
mod tests;
