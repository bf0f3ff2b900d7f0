//! Wiring to Lambda.

use recorder::Recorder;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let base = runtime::start()?;
    let state = store::open(&base).await?;
    let clock = base.clock.clone();
    runtime::run(base, Recorder { state, clock }).await
}
