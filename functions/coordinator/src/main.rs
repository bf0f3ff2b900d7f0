//! Wiring to Lambda.

use coordinator::{Deps, handler};
use github_client::Client;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let base = runtime::start()?;
    let policy = coordinator::deployment(&base.environment)?;
    let (state, bus, environment) = tokio::try_join!(
        store::open(&base),
        bus_eventbridge::open(&base),
        aws::secrets(&base),
    )?;
    let (https, clock) = (base.https()?, base.clock.clone());
    let github = Arc::new(Client::from_environment(&environment, https, clock)?);
    let handler = handler(Deps {
        state,
        bus,
        github,
        policy,
    });
    runtime::run(base, handler).await
}
