//! Retry waits on a simulated clock, and events that cannot be parsed.

use crate::bus::TEMPLATE;
use crate::functions::{Functions, Reply, listen};
use async_trait::async_trait;
use events::{
    Clock, Event, EventBridgeEvent, Handler, HandlerError, ManualClock, Outcome, Timestamp,
};
use local_bus::Handlers;
use local_bus::LocalBus;
use local_bus::call::{Call, Lambda};
use local_bus::queue::Queue;
use local_bus::runner::{CallResult, End, Runner};
use local_bus::template::Template;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn runner<F: Call>(template: &str, functions: F) -> (Runner<F>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::starting_at(Timestamp::UNIX_EPOCH));
    let template = Arc::new(Template::parse(template, "shop.yaml").expect("a template"));
    let queue = Queue::in_memory().expect("a queue");
    let bus = Arc::new(LocalBus::new(
        template.clone(),
        queue.clone(),
        clock.clone(),
    ));
    let runner = Runner {
        template,
        functions,
        bus,
        queue,
        clock: clock.clone(),
    };
    (runner, clock)
}

async fn put<F: Call>(runner: &Runner<F>, detail_type: &str, detail: Value) {
    let event = EventBridgeEvent {
        version: "0".to_owned(),
        id: "1".to_owned(),
        detail_type: detail_type.to_owned(),
        source: "till".to_owned(),
        account: "000000000000".to_owned(),
        time: runner.clock.now(),
        region: "us-east-1".to_owned(),
        resources: Vec::new(),
        detail,
    };
    runner.bus.put(vec![event]).await.expect("it is put");
}

async fn step<F: Call>(runner: &Runner<F>) -> Option<CallResult<F::Answer>> {
    runner.step().await.expect("the queue")
}

/// Serves the functions in the test's own runtime.
async fn served(functions: &Functions) -> Lambda {
    let (listener, url) = listen().await;
    let routes = functions.routes();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Lambda::at(&url, Duration::ZERO).expect("a URL")
}

#[tokio::test]
async fn queue_applies_delay_and_visibility_timeout() {
    let functions = Functions::default().then(Reply::ReportsFailure);
    let (runner, clock) = runner(TEMPLATE, served(&functions).await);
    put(&runner, "order.unpaid", json!({})).await;
    clock.advance(899 * SECOND);
    assert!(step(&runner).await.is_none(), "not before 900 s");
    clock.advance(SECOND);
    let first = step(&runner).await.expect("it is due");
    assert_eq!(first.end, End::Again(clock.now() + 60 * SECOND));
    clock.advance(59 * SECOND);
    assert!(step(&runner).await.is_none(), "not before it is visible");
    clock.advance(SECOND);
    assert_eq!(step(&runner).await.expect("it is due").end, End::Handled);
}

#[tokio::test]
async fn async_retries_wait_as_documented() {
    let template = TEMPLATE.replace("{ MaximumRetryAttempts: 0 }", "{ MaximumRetryAttempts: 2 }");
    let functions = (0..3).fold(Functions::default(), |it, _| {
        it.then(Reply::Error("no till"))
    });
    let (runner, clock) = runner(&template, served(&functions).await);
    put(&runner, "order.placed", json!({"amount": 1})).await;
    for wait in [60, 120] {
        let tried = step(&runner).await.expect("it is due");
        assert_eq!(tried.end, End::Again(clock.now() + wait * SECOND));
        clock.advance(wait * SECOND);
    }
    let last = step(&runner).await.expect("it is due");
    assert_eq!(last.end, End::Dead);
    assert_eq!(
        last.result.unwrap_err(),
        "HandlerError: no till (no tries left)"
    );
}

#[tokio::test]
async fn call_limit_is_timeout_plus_build() {
    let functions = Functions::default().then(Reply::Waits);
    let template = TEMPLATE.replace("CodeUri: orders", "CodeUri: orders\n      Timeout: 1");
    let (runner, _clock) = runner(&template, served(&functions).await);
    put(&runner, "order.placed", json!({"amount": 1})).await;
    let tried = step(&runner).await.expect("it is due");
    assert_eq!(
        tried.result.unwrap_err(),
        "the function took longer than 1s (no tries left)"
    );
}

/// Subscribes to events with any readable detail.
struct Orders;

#[async_trait]
impl Handler for Orders {
    fn name(&self) -> &'static str {
        "orders"
    }

    async fn handle(&self, _: &Event) -> Result<Outcome, HandlerError> {
        Ok(Outcome::Applied { emitted: 0 })
    }
}

#[tokio::test]
async fn unreadable_event_fails_without_retry() {
    let orders: Arc<dyn Handler> = Arc::new(Orders);
    let functions = Handlers::from([("orders", orders)]);
    let (runner, _clock) = runner(TEMPLATE, functions);
    put(&runner, "order.placed", json!({"amount": 1})).await;
    assert_eq!(step(&runner).await.expect("it is due").end, End::Dead);
    let letters = runner.queue.dead_letters().await.expect("the queue");
    assert_eq!(
        letters[0].reason,
        "malformed event: missing field `specversion` (not retryable)"
    );
}
