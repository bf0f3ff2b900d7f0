//! Wiring to Lambda.

use verdict::Verdict;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let base = runtime::start()?;
    let (state, bus) = tokio::try_join!(store::open(&base), bus_eventbridge::open(&base))?;
    runtime::run(base, Verdict { state, bus }).await
}
