//! Waits for asynchronous conditions.

use std::time::{Duration, Instant};

/// Interval between polls.
const POLL: Duration = Duration::from_millis(50);

/// Polls `condition` until `patience` is over.
///
/// # Panics
/// Panics on a timeout; the message contains `what` and `where_logs_are`.
pub(crate) async fn eventually<T>(
    what: &str,
    patience: Duration,
    where_logs_are: &str,
    mut condition: impl AsyncFnMut() -> Option<T>,
) -> T {
    let begun = Instant::now();
    while begun.elapsed() < patience {
        if let Some(met) = condition().await {
            return met;
        }
        tokio::time::sleep(POLL).await;
    }
    panic!("not within {patience:?}: {what}; {where_logs_are}");
}
