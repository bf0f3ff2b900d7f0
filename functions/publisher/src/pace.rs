//! Limits the rate of writes to GitHub, over all processes.
//!
//! *Reads and writes* `pace:{host}/{owner}` for an App's installation, `pace:{host}` for a token:
//! the permits that are issued.

use async_trait::async_trait;
use events::{Clock, Timestamp};
use github::port::{GitHubError, Pace};
use serde::{Deserialize, Serialize};
use state::{Key, StateError, StateManager};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Time between writes after a burst ("Best practices for using the REST API").
const BETWEEN: Duration = Duration::from_secs(1);

/// Number of writes at once after a pause. With one write per second, a minute has at most 80
/// writes: GitHub's limit for requests that create content ("Rate limits for the REST API").
const BURST: u32 = 20;

/// Maximum number of writes per hour, of the same limit.
const MOST_PER_HOUR: u32 = 500;

/// Minutes whose writes count for an hour: the first one counts as a whole.
const MINUTES: i64 = 61;

/// Maximum wait for a permit. A longer wait returns `RateLimited`: the function's timeout is 30 s.
const LONGEST: Duration = Duration::from_secs(10);

/// Issues permits for writes.
pub struct WriteLimiter {
    /// State with the permits that are issued.
    pub state: StateManager,
    pub clock: Arc<dyn Clock>,
}

/// Permits of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct IssuedPermits {
    /// Time at which the whole burst is available again.
    full: Timestamp,
    /// Number of writes by minute since 1970.
    minutes: BTreeMap<i64, u32>,
}

impl IssuedPermits {
    /// Issues the next permit at `now`, and returns the wait for it. Issues none if the wait is too
    /// long.
    fn issue(&mut self, now: Timestamp) -> Result<Duration, Duration> {
        let full = self.full.max(now);
        let in_burst = full - BETWEEN * (BURST - 1);
        let at = in_burst.max(self.below_hourly_limit(now)).max(now);
        let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
        if wait > LONGEST {
            return Err(wait);
        }
        self.full = full + BETWEEN;
        *self.minutes.entry(minute(at)).or_default() += 1;
        Ok(wait)
    }

    /// Returns the time from which another write is within the limit per hour.
    fn below_hourly_limit(&mut self, now: Timestamp) -> Timestamp {
        self.minutes
            .retain(|start, _| *start > minute(now) - MINUTES);
        let mut rest: u32 = self.minutes.values().sum();
        for (start, count) in &self.minutes {
            if rest < MOST_PER_HOUR {
                break;
            }
            rest -= count;
            if rest < MOST_PER_HOUR {
                let end = (start + MINUTES) * 60;
                return Timestamp::from_second(end).unwrap_or(now);
            }
        }
        now
    }

    /// Gives back the newest permit.
    fn give_back(&mut self) {
        self.full -= BETWEEN;
        if let Some(mut newest) = self.minutes.last_entry() {
            *newest.get_mut() = newest.get().saturating_sub(1);
        }
    }
}

fn minute(at: Timestamp) -> i64 {
    at.as_second().div_euclid(60)
}

impl WriteLimiter {
    /// Changes the permits of the account.
    async fn update<R: Send>(
        &self,
        account: &str,
        change: impl Fn(&mut IssuedPermits, Timestamp) -> R + Send + Sync,
    ) -> Result<R, StateError> {
        let key = Key::new("pace", account).map_err(|error| StateError::Unavailable {
            reason: error.to_string(),
        })?;
        let update = |seen: Option<IssuedPermits>, now: Timestamp| {
            let mut permits = seen.unwrap_or(IssuedPermits {
                full: now,
                minutes: BTreeMap::new(),
            });
            let before = permits.clone();
            let result = change(&mut permits, now);
            let expires_at = now + Duration::from_secs(60 * 62);
            ((permits != before).then_some((permits, expires_at)), result)
        };
        self.state.update(&key, update).await
    }
}

#[async_trait]
impl Pace for WriteLimiter {
    async fn acquire(&self, account: &str, call: &str) -> Result<(), GitHubError> {
        let call = || call.to_owned();
        let issued = self.update(account, IssuedPermits::issue).await;
        match issued.map_err(|error| GitHubError::Unavailable {
            call: call(),
            reason: error.to_string(),
        })? {
            Ok(wait) if wait.is_zero() => Ok(()),
            Ok(wait) => {
                self.clock.sleep(wait).await;
                Ok(())
            }
            Err(retry_after) => Err(GitHubError::RateLimited {
                call: call(),
                retry_after,
            }),
        }
    }

    async fn give_back(&self, account: &str) {
        let given = self.update(account, |permits, _| permits.give_back()).await;
        if let Err(error) = given {
            tracing::debug!(account, %error, "the permit of a refused call is not given back");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use events::{Failure, ManualClock, SeededEntropy};
    use state::Memory;

    const ACCOUNT: &str = "api.github.com/octo";

    fn two() -> (Arc<ManualClock>, [WriteLimiter; 2]) {
        let start = Timestamp::from_second(1_767_603_600).unwrap();
        let clock = Arc::new(ManualClock::starting_at(start));
        let memory = Arc::new(Memory::default());
        let limiter = |seed| {
            let entropy = Arc::new(SeededEntropy::new(seed));
            WriteLimiter {
                state: StateManager::new(memory.clone(), clock.clone(), entropy),
                clock: clock.clone(),
            }
        };
        let limiters = [limiter(1), limiter(2)];
        (clock, limiters)
    }

    /// Acquires `count` permits alternately, and returns their times in seconds.
    async fn granted(clock: &ManualClock, limiters: &[WriteLimiter; 2], count: usize) -> Vec<i64> {
        let start = clock.now().as_second();
        let mut times = Vec::new();
        for limiter in limiters.iter().cycle() {
            if times.len() == count {
                break;
            }
            match limiter.acquire(ACCOUNT, "POST /reviews").await {
                Ok(()) => times.push(clock.now().as_second() - start),
                Err(error) => clock.advance(error.retry_after().unwrap()),
            }
        }
        times
    }

    #[tokio::test]
    async fn burst_precedes_one_write_per_second() {
        let (clock, limiters) = two();
        let times = granted(&clock, &limiters, 25).await;
        assert_eq!(times[..20], [0; 20], "the burst");
        assert_eq!(times[20..], [1, 2, 3, 4, 5]);
        clock.advance(Duration::from_secs(60));
        assert_eq!(
            granted(&clock, &limiters, 20).await,
            [0; 20],
            "after a pause"
        );
    }

    #[tokio::test]
    async fn writes_stay_within_github_limits() {
        let (clock, limiters) = two();
        let times = granted(&clock, &limiters, 1_200).await;
        for (seconds, most) in [(60, 80), (3_600, 500)] {
            let within = |from: &i64| {
                let times = times.iter();
                times
                    .filter(|at| (*from..from + seconds).contains(at))
                    .count()
            };
            let worst = times.iter().map(within).max();
            assert!(worst <= Some(most), "{worst:?} in {seconds} s");
        }
        let last = times.last().unwrap();
        assert!(*last < 3 * 3_700, "{last} s");
    }

    #[tokio::test]
    async fn accounts_wait_independently() {
        let (clock, limiters) = two();
        granted(&clock, &limiters, 25).await;
        let before = clock.now();
        limiters[0]
            .acquire("api.github.com/other", "POST /reviews")
            .await
            .unwrap();
        assert_eq!(clock.now(), before);
    }

    #[tokio::test]
    async fn refused_call_gives_permit_back() {
        let (clock, limiters) = two();
        granted(&clock, &limiters, 20).await;
        limiters[0].give_back(ACCOUNT).await;
        assert_eq!(granted(&clock, &limiters, 2).await, [0, 1]);
    }

    #[tokio::test]
    async fn long_wait_issues_no_permit() {
        let (clock, limiters) = two();
        let [one, other] = &limiters;
        granted(&clock, &limiters, 20).await;
        let wait = |permits: &mut IssuedPermits, _| permits.full += Duration::from_secs(11);
        one.update(ACCOUNT, wait).await.unwrap();
        let error = other.acquire(ACCOUNT, "POST /reviews").await.unwrap_err();
        assert_eq!(
            error.retry_after(),
            Some(Duration::from_secs(12)),
            "{error}"
        );
        clock.advance(Duration::from_secs(12));
        let before = clock.now();
        other.acquire(ACCOUNT, "POST /reviews").await.unwrap();
        assert_eq!(clock.now(), before, "the failed call got no permit");
    }
}
