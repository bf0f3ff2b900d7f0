//! Handles one invocation and builds its answer.

use crate::Base;
use crate::invocation::{Invocation, Record};
use crate::queues::{hide, send_dead_letter};
use config::ConfigError;
use events::{Event, EventBridgeEvent, Handler};
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::{Value, json};
use std::time::Duration;

/// Function on Lambda.
pub(crate) struct Edge<H> {
    base: Base,
    handler: H,
    last_receive: Option<u32>,
}

/// Reason why an event was not handled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvocationError {
    /// The payload is not an event.
    #[error("malformed EventBridge event: {0}")]
    Malformed(String),
    /// The handler failed.
    #[error("{reason}")]
    Handler {
        /// True if the same event may succeed later.
        retryable: bool,
        /// Time to hide the message before the next attempt, if it came by a queue.
        hidden_for: Duration,
        reason: String,
    },
}

impl InvocationError {
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

impl From<InvocationError> for Diagnostic {
    fn from(failed: InvocationError) -> Self {
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

    /// Handles the payload. Lambda retries after an error.
    pub(crate) async fn answer(&self, event: LambdaEvent<Value>) -> Result<Value, InvocationError> {
        let payload = event.payload;
        match Invocation::read(&payload) {
            Ok(Invocation::Event) => self.settle(payload, None, false).await?,
            Ok(Invocation::Batch(records)) => return Ok(self.batch(records).await),
            Err(error) => {
                let failed = self.malformed(&error);
                self.give_up(payload, failed, false).await?;
            }
        }
        Ok(Value::Null)
    }

    /// Handles every record and returns those that failed ("Reporting batch item failures"); SQS
    /// delivers only these again.
    async fn batch(&self, records: Vec<Record>) -> Value {
        let mut failed = Vec::new();
        for record in records {
            let last = self
                .last_receive
                .is_some_and(|last| record.receives() >= last);
            if let Err(why) = self.settle(record.event(), Some(&record), last).await {
                self.put_off(&record, &why).await;
                failed.push(json!({ "itemIdentifier": record.message_id }));
            }
        }
        json!({ "batchItemFailures": failed })
    }

    /// Hides the message until its next attempt is useful. The queue's own visibility timeout is
    /// for functions that crash or time out.
    async fn put_off(&self, record: &Record, failed: &InvocationError) {
        let InvocationError::Handler { hidden_for, .. } = failed else {
            return;
        };
        let Some(queue) = self.base.environment.queue_url() else {
            return;
        };
        if let Err(error) = hide(&self.base, queue, &record.receipt_handle, *hidden_for).await {
            tracing::warn!(
                "message not hidden, the queue's visibility timeout applies: {}",
                error.reason
            );
        }
    }

    /// Handles one event. An event whose failure is recorded as a dead letter counts as handled.
    async fn settle(
        &self,
        event: Value,
        record: Option<&Record>,
        last_try: bool,
    ) -> Result<(), InvocationError> {
        match self.hear(&event, record).await {
            Ok(()) => Ok(()),
            Err(failed) => self.give_up(event, failed, last_try).await,
        }
    }

    /// Sends the event with the reason to the dead-letter queue if no attempt can succeed or none
    /// is left; otherwise returns the failure.
    async fn give_up(
        &self,
        event: Value,
        failed: InvocationError,
        last_try: bool,
    ) -> Result<(), InvocationError> {
        let queue = self.base.environment.dead_letter_queue_url();
        let Some(queue) = queue.filter(|_| last_try || !failed.is_retryable()) else {
            return Err(failed);
        };
        let letter = self.letter(event, &failed);
        match send_dead_letter(&self.base, queue, &letter).await {
            Ok(()) => Ok(()),
            Err(error) => {
                tracing::error!("event not sent to the dead-letter queue: {}", error.reason);
                Err(failed)
            }
        }
    }

    /// Handles one event and logs its failure; no other place logs it.
    async fn hear(&self, event: &Value, record: Option<&Record>) -> Result<(), InvocationError> {
        let function = self.handler.name();
        let event = match serde_json::from_value::<EventBridgeEvent>(event.clone()) {
            Ok(envelope) => envelope.detail,
            Err(error) => return Err(self.malformed(&error)),
        };
        let (id, topic) = (event.id.as_str(), event.topic.as_str());
        self.log_latency(&event, record);
        match self.handler.handle(&event).await {
            Ok(outcome) => {
                tracing::info!(id, topic, function, "{outcome}");
                Ok(())
            }
            Err(error) => {
                let (retryable, hidden_for) = (error.is_retryable(), error.hidden_for());
                let reason = error.to_string();
                let cause = error.wait_cause().as_str();
                tracing::error!(id, topic, function, retryable, cause, "{reason}");
                Err(InvocationError::Handler {
                    retryable,
                    hidden_for,
                    reason,
                })
            }
        }
    }

    /// Logs the time from the publication of the event to the start of the function. Waits in a
    /// queue are fields of their own; the log of each failed attempt names the cause of its wait.
    fn log_latency(&self, event: &Event, record: Option<&Record>) {
        let now = self.base.clock.now();
        let milliseconds = |wait: Option<Duration>| wait.unwrap_or_default().as_secs_f64() * 1000.0;
        tracing::info!(
            metric = "EventLatency",
            function = self.handler.name(),
            topic = event.topic.as_str(),
            id = event.id.as_str(),
            latency_ms = now.duration_since(event.time).as_millis_f64(),
            queue_ms = milliseconds(record.and_then(Record::queued)),
            retry_wait_ms = milliseconds(record.and_then(|record| record.retried(now))),
            "started"
        );
    }

    /// Logs that the payload is not an event.
    fn malformed(&self, error: &serde_json::Error) -> InvocationError {
        let failed = InvocationError::Malformed(error.to_string());
        let function = self.handler.name();
        tracing::error!(function, retryable = false, "{failed}");
        failed
    }

    /// Builds a dead letter in the format that Lambda itself sends to a destination ("Invocation
    /// record"), so that all dead letters have one format.
    fn letter(&self, event: Value, failed: &InvocationError) -> Value {
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
