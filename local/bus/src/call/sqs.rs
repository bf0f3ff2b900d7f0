//! Queue routes. The function receives batches of one message and answers which messages failed
//! ("Using Lambda with Amazon SQS", "Reporting batch item failures").

use crate::queue::Delivery;
use crate::template::Route;
use serde::Deserialize;
use serde_json::{Value, json};

/// Builds the batch that a poller would invoke the function with.
pub(super) fn batch(route: &Route, delivery: &Delivery) -> Value {
    let sent = delivery.put_at;
    let first_received = sent + route.via.delay();
    json!({ "Records": [{
        "messageId": message_id(delivery),
        "receiptHandle": format!("{}-{}", message_id(delivery), delivery.attempts + 1),
        "body": json!(delivery.event).to_string(),
        "attributes": {
            "ApproximateReceiveCount": (delivery.attempts + 1).to_string(),
            "SentTimestamp": sent.as_millisecond().to_string(),
            "SenderId": "events.amazonaws.com",
            "ApproximateFirstReceiveTimestamp": first_received.as_millisecond().to_string(),
        },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": format!(
            "arn:aws:sqs:{}:{}:{}",
            delivery.event.region, delivery.event.account, route.resource
        ),
        "awsRegion": delivery.event.region,
    }]})
}

/// Returns a message id that is unique per message and the same at every receive.
fn message_id(delivery: &Delivery) -> String {
    format!("00000000-0000-4000-8000-{:012x}", delivery.id)
}

/// Returns an error if the function's `answer` reports the message as failed. An empty answer means
/// success. A malformed answer means failure, as on AWS.
pub(super) fn handled(delivery: &Delivery, answer: &Value) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(rename = "batchItemFailures", default)]
        failures: Option<Vec<Item>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Item {
        item_identifier: String,
    }
    if !answer.is_object() {
        return Ok(());
    }
    let answer = Answer::deserialize(answer)
        .map_err(|error| format!("the function's batchItemFailures are malformed: {error}"))?;
    let failures = answer.failures.unwrap_or_default();
    let id = message_id(delivery);
    match failures.first() {
        None => Ok(()),
        Some(item) if item.item_identifier == id => {
            Err("the function reports the message in batchItemFailures; see its log".to_owned())
        }
        Some(item) => Err(format!(
            "the function reports {:?} in batchItemFailures, which is not a message of this batch",
            item.item_identifier
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::DeliveryPath;
    use events::{EventBridgeEvent, Timestamp};
    use std::time::Duration;

    fn delivery() -> Delivery {
        Delivery {
            id: 255,
            rule: "SecurityRule".to_owned(),
            target: "security".to_owned(),
            event: EventBridgeEvent {
                version: "0".to_owned(),
                id: "1".to_owned(),
                detail_type: "order.placed".to_owned(),
                source: "shop".to_owned(),
                account: "000000000000".to_owned(),
                time: Timestamp::UNIX_EPOCH,
                region: "us-east-1".to_owned(),
                resources: Vec::new(),
                detail: json!({"order": 1}),
            },
            attempts: 2,
            unreached: 1,
            put_at: Timestamp::UNIX_EPOCH,
            due_at: Timestamp::UNIX_EPOCH,
            waits: crate::queue::RetryWaits::default(),
        }
    }

    #[test]
    fn batch_has_lambda_documented_shape() {
        let route = Route {
            rule: "SecurityRule".to_owned(),
            target: "security".to_owned(),
            resource: "SecurityQueue".to_owned(),
            function: "security".to_owned(),
            via: DeliveryPath::Queue {
                delay: Duration::from_secs(60),
                visibility: Duration::from_secs(180),
                max_receives: 10,
                max_concurrency: None,
            },
        };
        insta::assert_json_snapshot!(batch(&route, &delivery()), @r#"
        {
          "Records": [
            {
              "attributes": {
                "ApproximateFirstReceiveTimestamp": "60000",
                "ApproximateReceiveCount": "3",
                "SenderId": "events.amazonaws.com",
                "SentTimestamp": "0"
              },
              "awsRegion": "us-east-1",
              "body": "{\"account\":\"000000000000\",\"detail\":{\"order\":1},\"detail-type\":\"order.placed\",\"id\":\"1\",\"region\":\"us-east-1\",\"resources\":[],\"source\":\"shop\",\"time\":\"1970-01-01T00:00:00Z\",\"version\":\"0\"}",
              "eventSource": "aws:sqs",
              "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:SecurityQueue",
              "messageAttributes": {},
              "messageId": "00000000-0000-4000-8000-0000000000ff",
              "receiptHandle": "00000000-0000-4000-8000-0000000000ff-3"
            }
          ]
        }
        "#);
    }

    #[test]
    fn answer_reports_failed_messages() {
        let own = "00000000-0000-4000-8000-0000000000ff";
        for (why, answer, handled_) in [
            ("empty answer", json!(null), true),
            ("no failures field", json!({}), true),
            ("no list", json!({"batchItemFailures": null}), true),
            ("none failed", json!({"batchItemFailures": []}), true),
            ("a text", json!("done"), true),
            (
                "the message failed",
                json!({"batchItemFailures": [{"itemIdentifier": own}]}),
                false,
            ),
            (
                "an empty identifier fails the batch",
                json!({"batchItemFailures": [{"itemIdentifier": ""}]}),
                false,
            ),
            (
                "a missing identifier fails the batch",
                json!({"batchItemFailures": [{"itemIdentifier": null}]}),
                false,
            ),
            (
                "so does a wrong key",
                json!({"batchItemFailures": [{"messageId": own}]}),
                false,
            ),
            (
                "so does a message of another batch",
                json!({"batchItemFailures": [{"itemIdentifier": "other"}]}),
                false,
            ),
        ] {
            assert_eq!(handled(&delivery(), &answer).is_ok(), handled_, "{why}");
        }
    }
}
