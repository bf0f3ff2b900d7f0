//! Busy targets do not delay other targets.

use super::*;
use crate::call::Failure;
use crate::queue::Depth;
use async_trait::async_trait;
use events::{Emit, Event, EventBridgeEvent, ManualClock, WaitCause};
use serde::Deserialize;
use std::sync::Mutex;
use tokio::sync::Semaphore;

/// Functions, one of which blocks until it is released.
struct BlockingFunctions {
    function: &'static str,
    release: Semaphore,
    /// Calls in progress and their maximum, by function.
    calls: Arc<Mutex<HashMap<String, (usize, usize)>>>,
}

#[async_trait]
impl Call for BlockingFunctions {
    type Answer = ();

    async fn call(&self, route: &Route, _: &Delivery, _: Duration) -> Result<(), Failure> {
        let count = |change: fn(&mut (usize, usize))| {
            change(
                self.calls
                    .lock()
                    .unwrap()
                    .entry(route.function.clone())
                    .or_default(),
            );
        };
        count(|(now, most)| {
            *now += 1;
            *most = (*most).max(*now);
        });
        if route.function == self.function {
            let released = self.release.acquire().await;
            drop(released);
        }
        count(|(now, _)| *now -= 1);
        Ok(())
    }
}

fn envelope(topic: &str) -> EventBridgeEvent<Value> {
    let file = format!(
        "{}/../../events/bus/{topic}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(file).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn sample(topic: &str) -> Event {
    Event::deserialize(envelope(topic).detail).unwrap()
}

/// Runner in a background task.
struct RunnerTask {
    runner: Arc<Runner<BlockingFunctions>>,
    stop: tokio::sync::oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<()>,
}

impl RunnerTask {
    fn start(stuck: &'static str) -> Self {
        let template = Arc::new(Template::load(None).unwrap());
        let clock = Arc::new(ManualClock::starting_at(Timestamp::UNIX_EPOCH));
        let queue = Queue::in_memory().unwrap();
        let bus = LocalBus::new(template.clone(), queue.clone(), clock.clone());
        let functions = BlockingFunctions {
            function: stuck,
            release: Semaphore::new(0),
            calls: Arc::default(),
        };
        let runner = Arc::new(Runner {
            template,
            functions,
            bus: Arc::new(bus),
            queue,
            clock,
        });
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let ended = tokio::spawn(runner.clone().run(8, async {
            drop(stopped.await);
        }));
        Self {
            runner,
            stop,
            ended,
        }
    }

    /// Waits until the queue's depth satisfies `is_so`.
    async fn until(&self, is_so: impl Fn(Depth) -> bool) {
        let depth = || self.runner.queue.depth(self.runner.clock.now());
        while !is_so(depth().await.unwrap()) {
            tokio::task::yield_now().await;
        }
    }

    async fn stop(self) {
        self.runner.functions.release.close();
        self.stop.send(()).unwrap();
        self.ended.await.unwrap();
    }
}

/// Publishes 30 events of `topic` while `function` is stuck. Waits until only its deliveries are
/// left. Returns the calls in progress and their maximum, by function.
async fn run(topic: &str, function: &'static str) -> HashMap<String, (usize, usize)> {
    let running = RunnerTask::start(function);
    let events = vec![sample(topic); 30];
    running.runner.bus.emit(events).await.unwrap();
    running.until(|depth| depth.waiting == 30).await;
    let calls = running.runner.functions.calls.clone();
    let most = calls.lock().unwrap().clone();
    running.stop().await;
    most
}

#[tokio::test]
async fn stuck_function_delays_no_other() {
    let most = run("github.pr.opened", "recorder").await;
    assert_eq!(most["recorder"], (8, 8), "the setting bounds it");
    assert_eq!(most["pull-request"].0, 0, "its 30 events are handled");
}

#[tokio::test]
async fn template_bounds_calls_of_a_queue() {
    let most = run("agent.pr.security_check", "security").await;
    assert_eq!(most["security"], (5, 5), "SpecialistConcurrency by default");
    assert_eq!(most["recorder"].0, 0, "its 30 events are handled");
}

#[tokio::test]
async fn former_target_ends_in_dead_letters() {
    let running = RunnerTask::start("none");
    let event = sample("github.pr.opened");
    running.runner.bus.emit(vec![event]).await.unwrap();
    running.until(|depth| depth.waiting == 0).await;
    let mut route = running.runner.template.rules[0].routes[0].clone();
    "FormerRule".clone_into(&mut route.rule);
    let now = running.runner.clock.now();
    let put = running
        .runner
        .queue
        .put(vec![(envelope("github.pr.opened"), route)], now);
    put.await.unwrap();
    running.until(|depth| depth.dead == 1).await;
    let letters = running.runner.queue.dead_letters().await.unwrap();
    assert!(letters[0].reason.contains("FormerRule"), "{letters:?}");
    running.stop().await;
}

#[test]
fn waits_are_split_by_cause() {
    let at = |second| Timestamp::from_second(second).expect("an instant");
    let seconds = Duration::from_secs;
    let none = RetryWaits::default();
    let pace = RetryWaits::of(WaitCause::Pace, seconds(50));
    let pause = RetryWaits::of(WaitCause::Pause, seconds(60));
    for (why, delay, due, now, counted, delayed, retried) in [
        ("at once", 0, 0, 1, none, 0, 0),
        ("the route's delay", 720, 720, 721, none, 720, 0),
        ("a failed attempt", 0, 60, 61, none, 0, 60),
        ("both", 720, 780, 781, none, 720, 60),
        ("a limited rate", 0, 50, 51, pace, 0, 0),
        ("a pause and a failed attempt", 0, 105, 106, pause, 0, 45),
    ] {
        let delivery = Delivery {
            id: 1,
            rule: "Rule".to_owned(),
            target: "target".to_owned(),
            event: serde_json::from_value(serde_json::json!({
                "version": "0", "id": "1", "detail-type": "a.b", "source": "s",
                "account": "1", "time": "2026-01-05T09:00:00Z", "region": "r",
                "resources": [], "detail": {}
            }))
            .expect("an event"),
            attempts: 0,
            unreached: 0,
            put_at: at(0),
            due_at: at(due),
            waits: counted,
        };
        let waits = Waits::of(&delivery, seconds(delay), at(now));
        let expected = Waits {
            latency: seconds(now.unsigned_abs()),
            delay: seconds(delayed),
            counted,
            retry: seconds(retried),
        };
        assert_eq!(waits, expected, "{why}");
    }
}
