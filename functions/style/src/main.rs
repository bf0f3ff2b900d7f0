//! Wiring to Lambda.

use github_client::Client;
use specialist::Deps;
use std::sync::Arc;
use style::style;

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
    runtime::run(base, style(Deps { state, github, bus })).await
}
