//! Wiring to Lambda.

use ports::{SystemClock, SystemEntropy};
use recorder::Recorder;
use state::StateManager;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let environment = runtime::start()?;
    let aws = aws::sdk_config(environment.aws()?);
    let clock = Arc::new(SystemClock);
    let entropy = Arc::new(SystemEntropy);
    let state = StateManager::new(
        Arc::new(state_dynamodb::from_url(&aws, environment.state_url()?)?),
        clock.clone(),
        entropy,
    );
    runtime::run(Recorder { state, clock }).await
}
