use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// Source of the time, with a way to wait.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Returns the present instant, in UTC.
    fn now(&self) -> Timestamp;

    /// Returns when `duration` has passed on this clock.
    async fn sleep(&self, duration: Duration);
}

/// Clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "all other code uses this port")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Clock that moves only by calls of its methods. A sleep moves it, too.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    /// Creates a clock with the time `start`.
    pub fn starting_at(start: Timestamp) -> Self {
        Self(Mutex::new(start))
    }

    /// Moves forward by `duration`.
    pub fn advance(&self, duration: Duration) {
        let mut now = self.lock();
        *now = now.checked_add(duration).unwrap_or(Timestamp::MAX);
    }

    /// Moves forward to `instant`; an instant in the past changes nothing.
    pub fn advance_to(&self, instant: Timestamp) {
        let mut now = self.lock();
        *now = (*now).max(instant);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Timestamp> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.lock()
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(duration);
        tokio::task::yield_now().await;
    }
}
