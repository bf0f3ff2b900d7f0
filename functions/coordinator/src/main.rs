//! Wiring to Lambda.

use coordinator::{Deployment, Deps, handler};
use github_client::Client;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let base = lambda::start()?;
    let (state, bus, environment, deployment) = tokio::try_join!(
        lambda::state(&base),
        lambda::bus(&base),
        lambda::secrets(&base),
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
    lambda::run(base, handler.unless(deployment.invalid)).await
}
