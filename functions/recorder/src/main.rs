//! Wiring to Lambda.

use recorder::{Deps, handler};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let base = lambda::start()?;
    let state = lambda::state(&base).await?;
    let clock = base.clock.clone();
    lambda::run(base, handler(Deps { state, clock })).await
}
