//! Schedules of the template: publishes an event at each interval, as EventBridge Scheduler does.

use crate::template::Schedule;
use events::{Clock, Emit, Event, EventId, NewEvent, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// Pause before a refused event is published again.
const RETRY: Duration = Duration::from_secs(5);

/// Publishes the events of `schedules` on `bus` until the task is dropped. An event that the bus
/// refuses is published again until the bus has it. Returns at once if there are no schedules.
pub async fn run(schedules: Vec<Schedule>, bus: Arc<dyn Emit>, clock: Arc<dyn Clock>) {
    let mut next: Vec<Timestamp> = schedules
        .iter()
        .map(|schedule| after(clock.now(), schedule.rate.interval()))
        .collect();
    while let Some(first) = next.iter().min().copied() {
        let wait = Duration::try_from(first.duration_since(clock.now())).unwrap_or_default();
        clock.sleep(wait).await;
        let mut refused = false;
        for (schedule, due) in schedules.iter().zip(&mut next) {
            if *due > clock.now() {
                continue;
            }
            match bus.emit(vec![event(schedule, *due)]).await {
                Ok(()) => *due = after(*due, schedule.rate.interval()),
                Err(error) => {
                    let topic = &schedule.topic;
                    tracing::error!(%topic, %error, "scheduled event not published, trying again");
                    refused = true;
                }
            }
        }
        if refused {
            clock.sleep(RETRY).await;
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
    let say = NewEvent {
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

    /// Bus that refuses the first `refusals` calls, keeps the events of the others, and ends the
    /// test after the third event.
    #[derive(Default)]
    struct Bus {
        refusals: Mutex<usize>,
        events: Mutex<Vec<Event>>,
        full: tokio::sync::Notify,
    }

    #[async_trait::async_trait]
    impl Emit for Bus {
        async fn emit(&self, events: Vec<Event>) -> Result<(), EmitError> {
            let mut refusals = self.refusals.lock().unwrap();
            if let Some(left) = refusals.checked_sub(1) {
                *refusals = left;
                let reason = "the disk is full".to_owned();
                return Err(EmitError::Refused { reason });
            }
            let mut all = self.events.lock().unwrap();
            all.extend(events);
            if all.len() == 3 {
                self.full.notify_one();
            }
            Ok(())
        }
    }

    /// Returns id, topic and time of the first three events of one schedule.
    async fn events(refusals: usize) -> Vec<(String, String, i64)> {
        let start = Timestamp::from_second(100).unwrap();
        let bus = Arc::new(Bus {
            refusals: Mutex::new(refusals),
            ..Bus::default()
        });
        let schedule = Schedule {
            topic: "schedule.reconcile".parse().unwrap(),
            id: "ReconcileSchedule".parse().unwrap(),
            rate: "rate(1 minute)".parse().unwrap(),
        };
        let clock = Arc::new(ManualClock::starting_at(start));
        tokio::select! {
            () = run(vec![schedule], bus.clone(), clock) => {}
            () = bus.full.notified() => {}
        }
        let all = bus.events.lock().unwrap();
        let fields = |event: &Event| {
            let (id, topic) = (event.id.to_string(), event.topic.to_string());
            (id, topic, event.time.as_second())
        };
        all.iter().take(3).map(fields).collect()
    }

    #[tokio::test]
    async fn publishes_at_each_interval() {
        let first = events(0).await;
        let times: Vec<_> = first.iter().map(|(_, _, time)| *time).collect();
        assert_eq!(times, [120, 180, 240]);
        assert!(
            first
                .iter()
                .all(|(_, topic, _)| topic == "schedule.reconcile")
        );
        assert_eq!(
            first,
            events(0).await,
            "another process publishes the same ids"
        );
    }

    #[tokio::test]
    async fn publishes_refused_events_again() {
        assert_eq!(events(30).await, events(0).await);
    }

    #[tokio::test]
    async fn ends_without_schedules() {
        let clock = Arc::new(ManualClock::starting_at(Timestamp::UNIX_EPOCH));
        run(Vec::new(), Arc::<Bus>::default(), clock).await;
    }
}
