use crate::Door;
use std::time::Duration;
use tokio::time::Instant;

/// Pause after the first failure. It doubles with each further failure.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause. A run of at least this time starts again with the first pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Runs [`EventSource::run`](crate::EventSource::run) of the door's source until it returns `Ok`.
/// After an error it waits, for at most a minute, and runs it again.
pub async fn receive(door: &Door) {
    let source = door.source();
    let mut pause = FIRST_PAUSE;
    loop {
        let start = Instant::now();
        let Err(error) = source.run(door).await else {
            return;
        };
        if start.elapsed() >= LONGEST_PAUSE {
            pause = FIRST_PAUSE;
        }
        let (source, seconds) = (source.name(), pause.as_secs());
        tracing::error!(source, seconds, %error, "source failed, running it again after a pause");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
