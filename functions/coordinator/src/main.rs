//! Wiring to Lambda.

use coordinator::{Deployment, Deps, handler};
use github_client::Client;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let base = runtime::start()?;
    let (state, bus, environment, deployment) = tokio::try_join!(
        store::open(&base),
        bus_eventbridge::open(&base),
        aws::secrets(&base),
        Deployment::open(&base),
    )?;
    let (https, clock) = (base.https()?, base.clock.clone());
    let github = Arc::new(Client::from_environment(&environment, https, clock)?);
    let handler = handler(Deps {
        state,
        bus,
        github,
        policy: deployment.policy,
    });
    runtime::run(base, handler.unless(deployment.invalid)).await
}
