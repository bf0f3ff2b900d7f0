//! Wiring to Lambda.

use pull_request::{Deps, handler};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let base = runtime::start()?;
    let (state, bus) = tokio::try_join!(store::open(&base), bus_eventbridge::open(&base))?;
    runtime::run(base, handler(Deps { state, bus })).await
}
