//! Calls of SQS: sends dead letters, and hides messages until their next attempt.

use crate::Base;
use crate::explain::CallError;
use crate::json::Api;
use serde_json::{Value, json};
use std::time::Duration;

/// "SendMessage", "ChangeMessageVisibility", Amazon SQS API Reference (JSON protocol).
const QUEUES: Api = Api {
    service: "sqs",
    target: "AmazonSQS",
    version: "1.0",
};

/// Puts `letter` into the queue at `url`.
///
/// # Errors
/// [`CallError`] if the letter is not in the queue.
pub async fn send_dead_letter(base: &Base, url: &str, letter: &Value) -> Result<(), CallError> {
    let input = json!({ "QueueUrl": url, "MessageBody": letter.to_string() });
    let what = format!("queue {url}");
    QUEUES.call(&base.sdk, &what, "SendMessage", input).await?;
    Ok(())
}

/// Hides the message with the handle `receipt` in the queue at `url` for `time` from now
/// ("ChangeMessageVisibility", Amazon SQS API Reference).
///
/// # Errors
/// [`CallError`]: the message becomes visible after the queue's visibility timeout.
pub async fn hide(base: &Base, url: &str, receipt: &str, time: Duration) -> Result<(), CallError> {
    let input = json!({
        "QueueUrl": url,
        "ReceiptHandle": receipt,
        "VisibilityTimeout": time.as_secs(),
    });
    let what = format!("queue {url}");
    QUEUES
        .call(&base.sdk, &what, "ChangeMessageVisibility", input)
        .await?;
    Ok(())
}
