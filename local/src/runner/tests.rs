//! Busy targets of rules, beside others.

use super::*;
use crate::call::Failure;
use async_trait::async_trait;
use bus::Emit;
use event::{Event, EventBridgeEvent};
use ports::ManualClock;
use std::sync::Mutex;
use tokio::sync::Semaphore;

/// Functions of which one never answers until it is released.
struct Stuck {
    function: &'static str,
    release: Semaphore,
    /// The most calls at a time, by function.
    calls: Arc<Mutex<HashMap<String, (usize, usize)>>>,
}

#[async_trait]
impl Call for Stuck {
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

fn sample(topic: &str) -> Event {
    let file = format!("{}/../events/bus/{topic}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(file).unwrap();
    serde_json::from_str::<EventBridgeEvent>(&text)
        .unwrap()
        .detail
}

/// Puts 30 events of `topic` on the bus while `function` is stuck. Returns when only its
/// deliveries are left, with the most calls at a time of each function.
async fn run(topic: &str, function: &'static str) -> HashMap<String, (usize, usize)> {
    let template = Arc::new(Template::load(None).unwrap());
    let clock = Arc::new(ManualClock::starting_at(Timestamp::UNIX_EPOCH));
    let queue = Queue::in_memory().unwrap();
    let bus = LocalBus::new(template.clone(), queue.clone(), clock.clone());
    let bus = Arc::new(bus);
    bus.emit(vec![sample(topic); 30]).await.unwrap();
    let calls = Arc::new(Mutex::default());
    let functions = Stuck {
        function,
        release: Semaphore::new(0),
        calls: calls.clone(),
    };
    let runner = Arc::new(Runner {
        template,
        functions,
        bus,
        queue: queue.clone(),
        clock: clock.clone(),
    });
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let running = tokio::spawn(runner.clone().run(8, async {
        drop(stopped.await);
    }));
    while queue.depth(clock.now()).await.unwrap().waiting > 30 {
        tokio::task::yield_now().await;
    }
    let most = calls.lock().unwrap().clone();
    runner.functions.release.close();
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
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
