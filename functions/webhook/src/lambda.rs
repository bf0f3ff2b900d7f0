//! Deliveries as a Function URL or an HTTP API hands them over ("Payload format
//! version 2.0").

use crate::{Answer, Webhook};
use lambda_http::{Body, Error, Request, Response};

/// Answers one request with JSON. Its body is what GitHub signed: where it came
/// in base64, `lambda_http` has decoded it.
///
/// # Errors
/// When the answer cannot be written.
pub async fn answer(webhook: &Webhook, request: Request) -> Result<Response<Body>, Error> {
    let answer: Answer = webhook.handle(request.headers(), request.body()).await;
    let body = serde_json::to_string(&answer)?;
    Ok(Response::builder()
        .status(answer.status)
        .header("content-type", "application/json")
        .body(Body::Text(body))?)
}
