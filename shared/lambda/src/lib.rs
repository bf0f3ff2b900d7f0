//! Edge of the functions on AWS.
//!
//! [`start`] reads the environment. [`bus`], [`state`] and [`secrets`] open what it names. [`run`]
//! is the entry point of every function that subscribes to events: it reads EventBridge's envelope
//! or an SQS batch, and returns failures for a retry. If no attempt can succeed, it sends the event
//! to the dead-letter queue at once.

mod base;
mod connector;
mod dynamodb;
mod edge;
mod eventbridge;
mod explain;
mod invocation;
mod json;
mod queues;
mod secrets;
mod store;

pub use aws_types::SdkConfig;
pub use base::{Base, sdk_config};
pub use dynamodb::DynamoDb;
pub use eventbridge::{EventBridge, open as bus};
pub use secrets::{referenced, secrets};
pub use store::open as state;

use config::Environment;
use edge::Edge;
use events::Handler;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use std::fmt;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Reason why a function did not start. The process prints it last; it is the first line in the
/// log.
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

/// Starts a function. From then on log lines are JSON, filtered by `RUST_LOG`.
///
/// # Errors
/// [`Error`] names the variable that is missing or wrong.
pub fn start() -> Result<Base, Error> {
    let environment = Environment::read();
    let filter = filter(environment.log_filter())?;
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .with_current_span(false)
        .with_span_list(false);
    tracing_subscriber::registry()
        .with(lines)
        .with(filter)
        .init();
    Ok(Base::new(environment)?)
}

/// Module that warns at each start where Lambda sets `AWS_LAMBDA_MAX_CONCURRENCY`: a function
/// takes one event at a time there, as it is meant to.
const LOOP: &str = "lambda_runtime::runtime";

/// Returns the filter in `RUST_LOG`. Unless it names `lambda_runtime`, it leaves out the
/// warnings of [`LOOP`].
fn filter(text: &str) -> Result<Targets, Error> {
    let filter: Targets = text.parse().map_err(|error| format!("RUST_LOG: {error}"))?;
    let is_named = text.contains("lambda_runtime");
    Ok(if is_named {
        filter
    } else {
        filter.with_target(LOOP, LevelFilter::ERROR)
    })
}

/// Handles events until Lambda ends the environment.
///
/// # Errors
/// [`Error`] if a variable is wrong or the Runtime API does not answer.
pub async fn run(base: Base, handler: impl Handler) -> Result<(), Error> {
    let edge = &Edge::new(base, handler)?;
    let answer = async move |event: LambdaEvent<Value>| edge.answer(event).await;
    lambda_runtime::run(service_fn(answer))
        .await
        .map_err(Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    #[test]
    fn loop_warns_only_when_named() {
        for (text, warns) in [
            ("info", false),
            ("debug,publisher=trace", false),
            ("info,lambda_runtime=warn", true),
        ] {
            let filter = filter(text).unwrap_or_else(|error| panic!("{error:?}"));
            let enables = |target, level| filter.would_enable(target, &level);
            assert_eq!(enables(LOOP, Level::WARN), warns, "{text}");
            assert!(enables(LOOP, Level::ERROR), "{text}");
            assert!(enables("publisher", Level::INFO), "{text}");
        }
    }
}
