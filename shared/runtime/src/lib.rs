//! The Lambda edge of every function that hears events: EventBridge's envelope or
//! an SQS batch comes in, a failure goes out so that Lambda tries again.

mod invocation;

pub use config::Environment;

use bus::Handler;
use invocation::Invocation;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use std::fmt;
use tracing_subscriber::EnvFilter;

/// Why a function did not start. Shown as the process's last words, which are its
/// first line in the log.
pub struct Error(String);

impl<E: fmt::Display> From<E> for Error {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Starts a function: log lines are JSON from here on, as `RUST_LOG` filters them.
///
/// # Errors
/// [`Error`] when `RUST_LOG` is no filter.
pub fn start() -> Result<Environment, Error> {
    let environment = Environment::read();
    let filter = EnvFilter::try_new(environment.log_filter())
        .map_err(|error| format!("RUST_LOG: {error}"))?;
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_current_span(false)
        .init();
    Ok(environment)
}

/// Hears events until Lambda ends the environment.
///
/// # Errors
/// [`Error`] when the Runtime API does not answer.
pub async fn run(handler: impl Handler) -> Result<(), Error> {
    let handler = &handler;
    let answer = async move |event: LambdaEvent<Value>| answer(handler, event.payload).await;
    lambda_runtime::run(service_fn(answer))
        .await
        .map_err(Error::from)
}

/// What one invocation is answered with.
async fn answer(handler: &impl Handler, payload: Value) -> Result<Value, invocation::Failed> {
    match Invocation::read(payload)? {
        Invocation::Event(event) => {
            invocation::hear(handler, *event).await?;
            Ok(Value::Null)
        }
        Invocation::Batch(records) => Ok(invocation::hear_all(handler, records).await),
    }
}
