//! Wiring to Lambda.

use pull_request::PullRequest;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let base = runtime::start()?;
    let (state, bus) = tokio::try_join!(store::open(&base), bus_eventbridge::open(&base))?;
    runtime::run(base, PullRequest { state, bus }).await
}
