//! The dead-letter queue, for what a function knows that it can never handle.

use crate::json::Api;
use crate::{Base, Failed};
use serde_json::{Value, json};

/// "SendMessage", Amazon SQS API Reference (JSON protocol).
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
