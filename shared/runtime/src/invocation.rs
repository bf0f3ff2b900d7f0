//! What a function is invoked with: an EventBridge event, or a batch of SQS
//! messages that hold them ("Using Lambda with Amazon SQS").

use bus::Handler;
use event::EventBridgeEvent;
use lambda_runtime::Diagnostic;
use serde::Deserialize;
use serde_json::{Value, json};

/// One invocation.
#[derive(Debug)]
pub(crate) enum Invocation {
    /// EventBridge invoked the function itself.
    Event(Box<EventBridgeEvent>),
    /// The events came by a queue.
    Batch(Vec<Record>),
}

/// One SQS message.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    message_id: String,
    body: String,
}

/// Why an invocation failed: Lambda tries again, and then gives it up into the
/// dead letters with this text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failed {
    /// It is no event.
    #[error("malformed EventBridge event: {0}")]
    Malformed(String),
    /// The function failed.
    #[error("{0}")]
    Handler(String),
}

impl From<Failed> for Diagnostic {
    fn from(failed: Failed) -> Self {
        let error_type = match &failed {
            Failed::Malformed(_) => "MalformedEvent",
            Failed::Handler(_) => "HandlerError",
        };
        Self {
            error_type: error_type.to_owned(),
            error_message: failed.to_string(),
        }
    }
}

impl Invocation {
    pub(crate) fn read(payload: Value) -> Result<Self, Failed> {
        #[derive(Deserialize)]
        struct Batch {
            #[serde(rename = "Records")]
            records: Vec<Record>,
        }
        let malformed = |error: serde_json::Error| Failed::Malformed(error.to_string());
        if payload.get("Records").is_some() {
            let batch: Batch = serde_json::from_value(payload).map_err(malformed)?;
            return Ok(Self::Batch(batch.records));
        }
        let event = serde_json::from_value(payload).map_err(malformed)?;
        Ok(Self::Event(Box::new(event)))
    }
}

/// Hears one event; what fails is logged here and nowhere else.
pub(crate) async fn hear(handler: &impl Handler, event: EventBridgeEvent) -> Result<(), Failed> {
    let event = event.detail;
    let (id, topic) = (event.id.as_str(), event.topic.as_str());
    match handler.handle(&event).await {
        Ok(outcome) => {
            tracing::info!(id, topic, function = handler.name(), "{outcome}");
            Ok(())
        }
        Err(error) => {
            let retryable = error.is_retryable();
            tracing::error!(id, topic, function = handler.name(), retryable, "{error}");
            Err(Failed::Handler(error.to_string()))
        }
    }
}

/// Hears every record and answers with those that failed ("Reporting batch item
/// failures"): only they come again.
pub(crate) async fn hear_all(handler: &impl Handler, records: Vec<Record>) -> Value {
    let mut failed = Vec::new();
    for record in records {
        let heard = match serde_json::from_str(&record.body) {
            Ok(event) => hear(handler, event).await,
            Err(error) => {
                let error = Failed::Malformed(error.to_string());
                tracing::error!(message_id = record.message_id, "{error}");
                Err(error)
            }
        };
        if heard.is_err() {
            failed.push(json!({ "itemIdentifier": record.message_id }));
        }
    }
    json!({ "batchItemFailures": failed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use bus::HandlerError;
    use event::{Event, MalformedEvent, Outcome, Say, Timestamp};

    /// Fails on what is called `bad`.
    struct Picky;

    #[async_trait]
    impl Handler for Picky {
        fn name(&self) -> &'static str {
            "picky"
        }

        async fn handle(&self, event: &Event) -> Result<Outcome, HandlerError> {
            match event.id.as_str() {
                "bad" => Err(MalformedEvent {
                    id: event.id.clone(),
                    topic: event.topic.clone(),
                    reason: "it is bad".to_owned(),
                }
                .into()),
                _ => Ok(Outcome::Applied { said: 0 }),
            }
        }
    }

    fn event(id: &str) -> Value {
        let say = Say {
            topic: "github.push".parse().unwrap(),
            subject: "octo/widgets".to_owned(),
            data: json!({}),
        };
        let event = Event::first(id.parse().unwrap(), "test", say, Timestamp::UNIX_EPOCH);
        json!(event.into_eventbridge())
    }

    fn record(id: &str, body: String) -> Value {
        json!({ "messageId": id, "receiptHandle": "…", "body": body, "eventSource": "aws:sqs" })
    }

    #[tokio::test]
    async fn an_event_is_heard_and_a_failure_is_an_error() {
        assert_eq!(crate::answer(&Picky, event("good")).await, Ok(Value::Null));
        let failed = crate::answer(&Picky, event("bad")).await.unwrap_err();
        assert_eq!(
            failed.to_string(),
            "event bad on github.push: malformed data: it is bad"
        );
    }

    #[tokio::test]
    async fn of_a_batch_only_what_failed_comes_again() {
        let batch = json!({ "Records": [
            record("1", event("good").to_string()),
            record("2", event("bad").to_string()),
            record("3", "no JSON".to_owned()),
        ]});
        let failures = json!({ "batchItemFailures": [
            { "itemIdentifier": "2" },
            { "itemIdentifier": "3" },
        ]});
        assert_eq!(crate::answer(&Picky, batch).await, Ok(failures));
    }

    #[tokio::test]
    async fn what_is_no_event_is_named() {
        for (why, payload, named) in [
            ("empty", json!({}), "missing field `id`"),
            (
                "no detail",
                json!({ "id": "1", "detail-type": "x", "source": "y", "time": "2026-11-01T00:00:00Z" }),
                "missing field `detail`",
            ),
            (
                "records that are none",
                json!({ "Records": 5 }),
                "invalid type",
            ),
        ] {
            let failed = crate::answer(&Picky, payload)
                .await
                .unwrap_err()
                .to_string();
            assert!(
                failed.starts_with("malformed EventBridge event: "),
                "{why}: {failed}"
            );
            assert!(failed.contains(named), "{why}: {failed}");
        }
    }
}
