//! Wiring to Lambda: API Gateway's request in, the webhook's answer out.

use bus_eventbridge::EventBridge;
use config::ConfigError;
use lambda_http::{Body, Request, Response, run, service_fn};
use ports::{SystemClock, SystemEntropy};
use std::sync::Arc;
use webhook::{Secrets, Webhook};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let environment = runtime::start()?;
    let secrets = Secrets::parse(&environment.webhook_secret()?)
        .map_err(|error| ConfigError::new("GITHUB_WEBHOOK_SECRET", error))?;
    let aws = aws::sdk_config(environment.aws()?);
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let bus_name = environment.event_bus_name()?;
    let bus = Arc::new(EventBridge::bus(&aws, bus_name, clock.clone(), entropy));
    let webhook = &Webhook::new(secrets, bus, clock);
    // A base64 body is decoded by then: these are the bytes that GitHub signed.
    let answer = async move |request: Request| {
        let answer = webhook.handle(request.headers(), request.body()).await;
        let body = Body::from(serde_json::json!(answer).to_string());
        let response = Response::builder()
            .status(answer.status)
            .header("content-type", "application/json")
            .body(body)?;
        Ok::<_, lambda_http::Error>(response)
    };
    run(service_fn(answer)).await.map_err(runtime::Error::from)
}
