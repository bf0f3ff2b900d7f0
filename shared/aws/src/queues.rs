//! What a function says to queues: that a message can never be handled, or when it is
//! worth another try.

use crate::json::Api;
use crate::{Base, Failed};
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
/// [`Failed`]: it is not there.
pub async fn send_dead_letter(base: &Base, url: &str, letter: &Value) -> Result<(), Failed> {
    let input = json!({ "QueueUrl": url, "MessageBody": letter.to_string() });
    let what = format!("queue {url}");
    QUEUES.call(&base.sdk, &what, "SendMessage", input).await?;
    Ok(())
}

/// Hides the message that was received under `receipt` from the queue at `url` for
/// `time` from now ("ChangeMessageVisibility", Amazon SQS API Reference).
///
/// # Errors
/// [`Failed`]: it is shown again when the queue's own time is over.
pub async fn hide(base: &Base, url: &str, receipt: &str, time: Duration) -> Result<(), Failed> {
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
