//! Wiring to Lambda.

use github_client::Client;
use publisher::{Deps, WriteLimiter, handler};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let base = lambda::start()?;
    let (state, bus, environment) = tokio::try_join!(
        lambda::state(&base),
        lambda::bus(&base),
        lambda::secrets(&base),
    )?;
    let (clock, entropy) = (base.clock.clone(), base.entropy.clone());
    let https = base.https()?;
    let github = Client::publisher_from_environment(&environment, https, clock.clone())?;
    let limiter = WriteLimiter {
        state: state.clone(),
        clock: clock.clone(),
    };
    let github = Arc::new(github.paced_by(Arc::new(limiter)));
    let handler = handler(Deps {
        state,
        bus,
        github,
        clock,
        entropy,
    });
    lambda::run(base, handler).await
}
