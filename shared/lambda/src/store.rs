//! Opens a function's state from `STATE_URL`.

use crate::base::looked_at;
use crate::{Base, DynamoDb};
use config::ConfigError;
use state::{StateBackend, StateManager, StateUrl};
use std::sync::Arc;

const VARIABLE: &str = "STATE_URL";

/// Opens the state that `STATE_URL` names and checks that it exists: a DynamoDB table, or, in a
/// build for one machine (feature `sqlite`), a file.
///
/// # Errors
/// [`ConfigError`] if the variable is not set or names an unsupported or missing state.
pub async fn open(base: &Base) -> Result<StateManager, ConfigError> {
    let text = base.environment.state_url()?;
    let url = text.parse();
    let url = url.map_err(|error: state::InvalidStateUrl| ConfigError::new(VARIABLE, error))?;
    let backend: Arc<dyn StateBackend> = match url {
        StateUrl::DynamoDb(table) => {
            let table = DynamoDb::new(&base.sdk, table);
            looked_at(VARIABLE, table.look().await)?;
            Arc::new(table)
        }
        #[cfg(feature = "sqlite")]
        StateUrl::Sqlite(path) => {
            Arc::new(state::Sqlite::open(&path).map_err(|error| ConfigError::new(VARIABLE, error))?)
        }
        #[cfg(not(feature = "sqlite"))]
        StateUrl::Sqlite(_) => {
            let problem = "this function was built without SQLite (feature `sqlite`): expected \
                           dynamodb://table";
            return Err(ConfigError::new(VARIABLE, problem));
        }
        StateUrl::Memory | StateUrl::Redis(_) => {
            let problem = "a function needs shared state: expected dynamodb://table";
            return Err(ConfigError::new(VARIABLE, problem));
        }
    };
    let (clock, entropy) = (base.clock.clone(), base.entropy.clone());
    Ok(StateManager::new(backend, clock, entropy))
}
