//! Wiring to Lambda.

use github_client::Client;
use pull_request::{Deps, handler};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let base = lambda::start()?;
    let (state, bus, environment) = tokio::try_join!(
        lambda::state(&base),
        lambda::bus(&base),
        lambda::secrets(&base),
    )?;
    let (https, clock) = (base.https()?, base.clock.clone());
    let github = Arc::new(Client::from_environment(&environment, https, clock)?);
    lambda::run(base, handler(Deps { state, bus, github })).await
}
