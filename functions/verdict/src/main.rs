//! Wiring to Lambda.

use verdict::{Deps, handler};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let base = lambda::start()?;
    let (state, bus) = tokio::try_join!(lambda::state(&base), lambda::bus(&base))?;
    lambda::run(base, handler(Deps { state, bus })).await
}
