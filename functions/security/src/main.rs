//! Wiring to Lambda.

use github_client::Client;
use security::security;
use specialist::Deps;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let base = runtime::start()?;
    let (state, bus, environment) = tokio::try_join!(
        store::open(&base),
        bus_eventbridge::open(&base),
        aws::secrets(&base),
    )?;
    let github = Arc::new(Client::from_environment(
        &environment,
        base.https.clone(),
        base.clock.clone(),
    )?);
    runtime::run(base, security(Deps { state, github, bus })).await
}
