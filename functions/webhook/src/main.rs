//! Lambda entry point.

use source::Door;
use std::sync::Arc;
use webhook::Deps;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let base = runtime::start()?;
    let (bus, environment) = tokio::try_join!(bus_eventbridge::open(&base), aws::secrets(&base))?;
    let source = webhook::source(Deps {
        clock: base.clock,
        github_webhook_secret: environment.secret("GITHUB_WEBHOOK_SECRET")?,
    })?;
    source::lambda::run(Door::new(Arc::new(source), bus))
        .await
        .map_err(runtime::Error::from)
}
