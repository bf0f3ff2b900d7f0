//! A door on Lambda, behind an HTTP API ("Payload format version 2.0"). `lambda_http` decodes a
//! body in base64.

use crate::Door;
use lambda_http::{Error, Request, service_fn};
use std::convert::Infallible;

/// Answers requests until Lambda ends the environment.
///
/// # Errors
/// An error of the Runtime API.
pub async fn run(door: Door) -> Result<(), Error> {
    let door = &door;
    let answer = async move |request: Request| Ok::<_, Infallible>(door.answer(request).await);
    lambda_http::run(service_fn(answer)).await
}
