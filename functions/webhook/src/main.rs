//! Lambda entry point.

use config::ConfigError;
use source::{Door, Senders};
use std::sync::Arc;
use webhook::Deps;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let base = lambda::start()?;
    let (bus, environment) = tokio::try_join!(lambda::bus(&base), lambda::secrets(&base))?;
    let source = webhook::source(Deps {
        clock: base.clock,
        github_webhook_secret: environment.secret("GITHUB_WEBHOOK_SECRET")?,
    })?;
    let senders: Senders = environment
        .webhook_addresses()
        .parse()
        .map_err(|error| ConfigError::new("WEBHOOK_ADDRESSES", error))?;
    source::lambda::run(Door::new(Arc::new(source), bus).only_from(senders))
        .await
        .map_err(lambda::Error::from)
}
