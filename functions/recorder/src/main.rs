//! Wiring to Lambda.

use recorder::{Deps, handler};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let base = runtime::start()?;
    let state = store::open(&base).await?;
    let clock = base.clock.clone();
    runtime::run(base, handler(Deps { state, clock })).await
}
