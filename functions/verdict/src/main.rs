//! Wiring to Lambda.

use bus_eventbridge::EventBridge;
use ports::{SystemClock, SystemEntropy};
use state::StateManager;
use std::sync::Arc;
use verdict::Verdict;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let environment = runtime::start()?;
    let aws = aws::sdk_config(environment.aws()?);
    let clock = Arc::new(SystemClock);
    let entropy = Arc::new(SystemEntropy);
    let state = StateManager::new(
        Arc::new(state_dynamodb::from_url(&aws, environment.state_url()?)?),
        clock.clone(),
        entropy.clone(),
    );
    let bus_name = environment.event_bus_name()?;
    let bus = Arc::new(EventBridge::bus(&aws, bus_name, clock, entropy));
    runtime::run(Verdict { state, bus }).await
}
