//! Wiring to Lambda.

use bus_eventbridge::EventBridge;
use config::ConfigError;
use lambda_http::{Request, run, service_fn};
use ports::{SystemClock, SystemEntropy};
use std::sync::Arc;
use webhook::{Secrets, Webhook, lambda};

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
    run(service_fn(|request: Request| {
        lambda::answer(webhook, request)
    }))
    .await
    .map_err(runtime::Error::from)
}
