use super::{Call, Failure};
use crate::Handlers;
use crate::queue::Delivery;
use crate::template::Route;
use async_trait::async_trait;
use events::{Event, Outcome, WaitCause};
use serde::Deserialize;
use std::time::Duration;
use tokio::task::JoinSet;

/// Follows Lambda: enforces the time limit and reports a panic as a failure.
#[async_trait]
impl Call for Handlers {
    type Answer = Outcome;

    async fn call(
        &self,
        route: &Route,
        delivery: &Delivery,
        limit: Duration,
    ) -> Result<Outcome, Failure> {
        let Some(function) = self.get(route.function.as_str()).cloned() else {
            return Err(Failure::Error {
                reason: format!("{} is not built in", route.function),
                retryable: true,
                hidden_for: None,
                cause: WaitCause::Failure,
            });
        };
        let event = Event::deserialize(&delivery.event.detail);
        let event = event.map_err(|error| Failure::Error {
            reason: format!("malformed event: {error}"),
            retryable: false,
            hidden_for: None,
            cause: WaitCause::Failure,
        })?;
        let mut call = JoinSet::new();
        call.spawn(async move { function.handle(&event).await });
        match tokio::time::timeout(limit, call.join_next()).await {
            Ok(Some(Ok(result))) => result.map_err(|error| Failure::Error {
                reason: error.to_string(),
                retryable: error.is_retryable(),
                hidden_for: Some(error.hidden_for()),
                cause: error.wait_cause(),
            }),
            Ok(Some(Err(panic))) => Err(Failure::Panicked(panic.to_string())),
            Ok(None) => Err(Failure::Panicked("it was never called".to_owned())),
            Err(_) => Err(Failure::TimedOut(limit)),
        }
    }
}
