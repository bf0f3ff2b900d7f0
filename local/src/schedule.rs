//! Schedules of the template: publishes an event at each interval, as EventBridge Scheduler does.

use crate::template::Schedule;
use events::{Clock, Emit, Event, EventId, Say, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// Publishes the events of `schedules` on `bus` until the task is dropped. Returns at once if there
/// are none.
pub async fn run(schedules: Vec<Schedule>, bus: Arc<dyn Emit>, clock: Arc<dyn Clock>) {
    let mut next: Vec<Timestamp> = schedules
        .iter()
        .map(|schedule| after(clock.now(), schedule.rate.interval()))
        .collect();
    while let Some(first) = next.iter().min().copied() {
        let wait = Duration::try_from(first.duration_since(clock.now())).unwrap_or_default();
        clock.sleep(wait).await;
        for (schedule, due) in schedules.iter().zip(&mut next) {
            if *due > first {
                continue;
            }
            if let Err(error) = bus.emit(vec![event(schedule, *due)]).await {
                tracing::error!(topic = %schedule.topic, %error, "scheduled event not published");
            }
            *due = after(*due, schedule.rate.interval());
        }
    }
}

/// Returns the first multiple of `interval` after `now`.
fn after(now: Timestamp, interval: Duration) -> Timestamp {
    let seconds = i64::try_from(interval.as_secs()).unwrap_or(i64::MAX).max(1);
    let next = now.as_second().div_euclid(seconds).saturating_add(1);
    Timestamp::from_second(next.saturating_mul(seconds)).unwrap_or(Timestamp::MAX)
}

/// Returns the event of `schedule` at `due`. Its id derives from both, so that two processes
/// publish the same event.
fn event(schedule: &Schedule, due: Timestamp) -> Event {
    let name = schedule.topic.as_str().trim_start_matches("schedule.");
    let index = usize::try_from(due.as_second()).unwrap_or_default();
    let id = EventId::derive(&schedule.id, name, index);
    let say = Say {
        topic: schedule.topic.clone(),
        subject: name.to_owned(),
        data: serde_json::json!({}),
    };
    Event::first(id, "schedule", say, due)
}

#[cfg(test)]
mod tests {
    use super::*;
    use events::{EmitError, ManualClock};
    use std::sync::Mutex;

    /// Bus that keeps the events and ends the test after the third.
    #[derive(Default)]
    struct Bus(Mutex<Vec<Event>>, tokio::sync::Notify);

    #[async_trait::async_trait]
    impl Emit for Bus {
        async fn emit(&self, events: Vec<Event>) -> Result<(), EmitError> {
            let mut all = self.0.lock().unwrap();
            all.extend(events);
            if all.len() >= 3 {
                self.1.notify_one();
            }
            Ok(())
        }
    }

    async fn events() -> Vec<(String, String, i64)> {
        let start = Timestamp::from_second(100).unwrap();
        let clock = Arc::new(ManualClock::starting_at(start));
        let bus = Arc::<Bus>::default();
        let schedule = Schedule {
            topic: "schedule.reconcile".parse().unwrap(),
            id: "ReconcileSchedule".parse().unwrap(),
            rate: "rate(1 minute)".parse().unwrap(),
        };
        let driven = clock.clone();
        let advance = async move {
            loop {
                driven.advance_to(after(driven.now(), Duration::from_secs(60)));
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = run(vec![schedule], bus.clone(), clock) => {}
            () = advance => {}
            () = bus.1.notified() => {}
        }
        let all = bus.0.lock().unwrap();
        let fields = |event: &Event| {
            let (id, topic) = (event.id.to_string(), event.topic.to_string());
            (id, topic, event.time.as_second())
        };
        all.iter().take(3).map(fields).collect()
    }

    #[tokio::test]
    async fn publishes_at_each_interval() {
        let first = events().await;
        let times: Vec<_> = first.iter().map(|(_, _, time)| *time).collect();
        assert_eq!(times, [120, 180, 240]);
        assert!(
            first
                .iter()
                .all(|(_, topic, _)| topic == "schedule.reconcile")
        );
        assert_eq!(
            first,
            events().await,
            "another process publishes the same ids"
        );
    }

    #[tokio::test]
    async fn ends_without_schedules() {
        let clock = Arc::new(ManualClock::starting_at(Timestamp::UNIX_EPOCH));
        run(Vec::new(), Arc::<Bus>::default(), clock).await;
    }
}
