//! Paces the writes to GitHub: one per second, over all publishers.
//!
//! *Reads and writes* `pace:github`: the time of the next write.

use async_trait::async_trait;
use events::{Clock, Timestamp};
use github::port::{GitHubError, Pace};
use serde::{Deserialize, Serialize};
use state::{Key, StateManager};
use std::sync::Arc;
use std::time::Duration;

/// Minimum time between writes ("Best practices for using the REST API").
const BETWEEN: Duration = Duration::from_secs(1);

/// Maximum wait for a turn. A longer wait returns `Unavailable`: the function's timeout is 30 s.
const LONGEST: Duration = Duration::from_secs(10);

/// Turns for writes, one per second.
pub struct Turns {
    /// State with the time of the next turn.
    pub state: StateManager,
    pub clock: Arc<dyn Clock>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stored {
    next: Timestamp,
}

#[async_trait]
impl Pace for Turns {
    async fn turn(&self, call: &str) -> Result<(), GitHubError> {
        let away = |reason: String| GitHubError::Unavailable {
            call: call.to_owned(),
            reason,
        };
        let key = Key::new("pace", "github").map_err(|error| away(error.to_string()))?;
        let take = |seen: Option<Stored>, now| {
            let turn = seen.map_or(now, |stored| stored.next.max(now));
            let wait = Duration::try_from(turn.duration_since(now)).unwrap_or_default();
            let next = turn + BETWEEN;
            match wait > LONGEST {
                true => (None, None),
                false => (Some((Stored { next }, next)), Some(wait)),
            }
        };
        let turn = self.state.update(&key, take).await;
        match turn.map_err(|error| away(error.to_string()))? {
            Some(wait) => self.clock.sleep(wait).await,
            None => return Err(away("too many writes are queued".to_owned())),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use events::{Failure, ManualClock, SeededEntropy};
    use state::{Memory, SaveResult};

    fn two() -> (Arc<ManualClock>, [Turns; 2]) {
        let start = Timestamp::from_second(1_767_603_600).unwrap();
        let clock = Arc::new(ManualClock::starting_at(start));
        let memory = Arc::new(Memory::default());
        let turns = |seed| {
            let entropy = Arc::new(SeededEntropy::new(seed));
            Turns {
                state: StateManager::new(memory.clone(), clock.clone(), entropy),
                clock: clock.clone(),
            }
        };
        let turns = [turns(1), turns(2)];
        (clock, turns)
    }

    #[tokio::test]
    async fn two_processes_write_a_second_apart() {
        let (clock, [one, other]) = two();
        let start = clock.now();
        for (turns, begins) in [(&one, 0), (&other, 1), (&one, 2), (&one, 3), (&other, 4)] {
            turns.turn("POST /reviews").await.unwrap();
            let since = Duration::try_from(clock.now().duration_since(start)).unwrap();
            assert_eq!(since, Duration::from_secs(begins));
        }
        clock.advance(Duration::from_secs(60));
        let before = clock.now();
        other.turn("POST /reviews").await.unwrap();
        assert_eq!(clock.now(), before, "no write for a minute");
    }

    #[tokio::test]
    async fn long_wait_fails_without_a_turn() {
        let (clock, [one, other]) = two();
        let key = Key::new("pace", "github").unwrap();
        let next = clock.now() + Duration::from_secs(11);
        let seen = one.state.get::<Stored>(&key).await.unwrap();
        let stored = Stored { next };
        let saved = one.state.set(&key, seen.version, &stored, Some(next));
        assert!(matches!(saved.await, Ok(SaveResult::Written(_))));
        let error = other.turn("POST /reviews").await.unwrap_err();
        assert!(error.is_retryable(), "{error}");
        clock.advance(Duration::from_secs(1));
        other.turn("POST /reviews").await.unwrap();
        assert_eq!(clock.now(), next, "the next turn is unchanged");
    }
}
