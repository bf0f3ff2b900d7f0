//! Wiring to Lambda.

use config::ConfigError;
use lambda_http::{Request, run, service_fn};
use webhook::{Secrets, Webhook, lambda};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let base = runtime::start()?;
    let (bus, environment) = tokio::try_join!(bus_eventbridge::open(&base), aws::secrets(&base))?;
    let secrets = Secrets::parse(&environment.webhook_secret()?)
        .map_err(|error| ConfigError::new("GITHUB_WEBHOOK_SECRET", error))?;
    let webhook = &Webhook::new(secrets, bus, base.clock);
    run(service_fn(|request: Request| {
        lambda::answer(webhook, request)
    }))
    .await
    .map_err(runtime::Error::from)
}
