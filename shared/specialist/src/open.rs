use crate::Deps;
use config::ConfigError;
use github_client::Client;
use lambda::Base;
use model_client::{Agent, Model};
use std::sync::Arc;

/// Builds the dependencies of a specialist on Lambda.
///
/// # Errors
/// [`ConfigError`] names the variable that is missing or invalid.
pub async fn open(base: &Base) -> Result<Deps, ConfigError> {
    let (state, bus, environment) = tokio::try_join!(
        lambda::state(base),
        lambda::bus(base),
        lambda::secrets(base),
    )?;
    let (clock, entropy) = (base.clock.clone(), base.entropy.clone());
    let https = base.https()?;
    let github = Client::from_environment(&environment, https.clone(), clock.clone())?;
    let agent = Agent::from_environment(
        &environment,
        https,
        state.clone(),
        clock.clone(),
        entropy.clone(),
    )?;
    Ok(Deps {
        state,
        github: Arc::new(github),
        bus,
        model: agent.map(|agent| Arc::new(agent) as Arc<dyn Model>),
        clock,
        entropy,
    })
}
