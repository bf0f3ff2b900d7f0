//! A door on Lambda, behind an HTTP API ("Payload format version 2.0"). `lambda_http` decodes a
//! body in base64.

use crate::Door;
use lambda_http::request::RequestContext;
use lambda_http::{Error, Request, RequestExt, service_fn};
use std::convert::Infallible;
use std::net::IpAddr;

/// Answers requests until Lambda ends the environment.
///
/// # Errors
/// An error of the Runtime API.
pub async fn run(door: Door) -> Result<(), Error> {
    let door = &door;
    let answer = async move |request: Request| {
        let address = address(&request);
        Ok::<_, Infallible>(door.answer_from(address, request).await)
    };
    lambda_http::run(service_fn(answer)).await
}

/// Returns the address of the connection to the HTTP API. A header cannot change it.
fn address(request: &Request) -> Option<IpAddr> {
    match request.request_context_ref()? {
        RequestContext::ApiGatewayV2(context) => context.http.source_ip.as_ref()?.parse().ok(),
        _ => None,
    }
}
