//! Wiring to Lambda.

use github_client::Client;
use publisher::{Deps, Turns, handler};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let base = runtime::start()?;
    let (state, bus, environment) = tokio::try_join!(
        store::open(&base),
        bus_eventbridge::open(&base),
        aws::secrets(&base),
    )?;
    let (clock, entropy) = (base.clock.clone(), base.entropy.clone());
    let https = base.https()?;
    let github = Client::publisher_from_environment(&environment, https, clock.clone())?;
    let turns = Turns {
        state: state.clone(),
        clock: clock.clone(),
    };
    let github = Arc::new(github.paced_by(Arc::new(turns)));
    let handler = handler(Deps {
        state,
        bus,
        github,
        clock,
        entropy,
    });
    runtime::run(base, handler).await
}
