//! Waiting for what others do.

use std::time::{Duration, Instant};

/// Between two looks at what is not there yet.
const POLL: Duration = Duration::from_millis(50);

/// Waits for `condition` for as long as `patience` lasts, looking often.
///
/// # Panics
/// When it does not come true; the message names `what`, and tells `where_logs_are`.
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
