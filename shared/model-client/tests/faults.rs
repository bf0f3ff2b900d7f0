//! Rate limits, failures and timeouts of the endpoint.

mod common;

use async_trait::async_trait;
use common::{Stage, name};
use events::{Clock, Failure, ManualClock, SeededEntropy, Timestamp};
use fake_model::Reply;
use model_client::{Agent, AgentError, Settings};
use serde_json::json;
use state::{SaveResult, StateManager, Version};
use std::sync::Arc;
use std::time::Duration;

fn overloaded() -> Reply {
    Reply::Overloaded { retry_after: None }
}

fn error(status: u16) -> Reply {
    Reply::Error {
        status,
        kind: "server_error".into(),
        message: "odd".into(),
    }
}

#[tokio::test]
async fn retries_only_temporary_failures() {
    let good = || Reply::Json(json!({"n": 7}));
    for (why, replies, want, tries) in [
        ("503 once", vec![error(503), good()], None, 2),
        (
            "500, then 504",
            vec![error(500), error(504), good()],
            None,
            3,
        ),
        ("cut off", vec![Reply::Cut, good()], None, 2),
        (
            "overloaded",
            vec![overloaded(), overloaded(), good()],
            None,
            3,
        ),
        ("503 for ever", vec![error(503); 9], Some("Unavailable"), 3),
        (
            "overloaded for ever",
            vec![overloaded(); 9],
            Some("Unavailable"),
            3,
        ),
        (
            "cut off for ever",
            vec![Reply::Cut; 9],
            Some("Unavailable"),
            3,
        ),
        ("no money", vec![Reply::NoQuota, good()], Some("Quota"), 1),
        (
            "no tokens today",
            vec![Reply::DailyLimit, good()],
            Some("Quota"),
            1,
        ),
        ("400", vec![error(400), good()], Some("Rejected"), 1),
        ("403", vec![error(403), good()], Some("Rejected"), 1),
        ("404", vec![error(404), good()], Some("Rejected"), 1),
        ("a redirect", vec![error(302), good()], Some("Rejected"), 1),
    ] {
        let stage = Stage::new().await;
        replies
            .into_iter()
            .for_each(|reply| stage.world.then(reply));
        let answer = stage.ask(&stage.agent(), "1").await;
        let got = answer.as_ref().err().map(name);
        assert_eq!(got.as_deref(), want, "{why}: {answer:?}");
        assert_eq!(stage.world.requests().len(), tries, "{why}");
        if let Err(error) = answer {
            assert_eq!(error.is_retryable(), want == Some("Unavailable"), "{why}");
        }
    }
}

#[tokio::test]
async fn waits_grow_until_deadline() {
    let stage = Stage::new().await;
    let before = stage.clock.now();
    (0..9).for_each(|_| stage.world.then(overloaded()));
    stage.ask(&stage.agent(), "1").await.unwrap_err();
    let slept = stage.clock.now().duration_since(before).as_millis();
    assert!((3_000..=6_000).contains(&slept), "1–2 s, 2–4 s: {slept} ms");

    let stage = Stage::new().await;
    stage.world.then(Reply::Overloaded {
        retry_after: Some("599".into()),
    });
    let before = stage.clock.now();
    let error = stage.ask(&stage.agent(), "1").await.unwrap_err();
    assert_eq!(name(&error), "Unavailable", "599 s of 600 leave no time");
    assert_eq!(stage.clock.now(), before, "so it does not wait either");
}

#[tokio::test]
async fn call_times_out() {
    let stage = Stage::new().await;
    stage.world.otherwise(|_| Reply::Hang);
    let agent = stage.agent_with(Settings {
        least_time: Duration::from_millis(1),
        ..stage.settings()
    });
    let left = Duration::from_millis(100);
    let error = stage.ask_within(&agent, "1", left).await.unwrap_err();
    assert_eq!(name(&error), "Unavailable", "{error}");
}

#[tokio::test]
async fn no_call_after_deadline() {
    let stage = Stage::new().await;
    let agent = stage.agent();
    let late = Duration::from_secs(596);
    stage.world.then(Reply::Slow(late));
    stage.world.then(error(503));
    let failed = stage.ask(&agent, "1").await.unwrap_err();
    assert_eq!(name(&failed), "Unavailable", "no time for a second try");

    stage.world.then(Reply::Slow(late));
    stage.world.then(Reply::Text("seven".into()));
    let failed = stage.ask(&agent, "2").await.unwrap_err();
    assert_eq!(name(&failed), "Malformed", "no time for a repair");
    assert_eq!(stage.world.requests().len(), 2);

    let left = Duration::from_secs(4);
    let failed = stage.ask_within(&agent, "3", left).await.unwrap_err();
    assert_eq!(name(&failed), "NoTime");
    assert_eq!(stage.world.requests().len(), 2, "no call was made");
}

#[tokio::test]
async fn rate_limit_pauses_all_agents() {
    for (why, retry_after, seconds) in [
        ("told", Some("7"), 7),
        ("untold", None, 30),
        ("shorter than is sensible", Some("0"), 1),
        ("longer than is sensible", Some("99999999"), 3_600),
        ("invalid value", Some("soon"), 30),
    ] {
        let stage = Stage::new().await;
        stage.world.then(Reply::RateLimited {
            retry_after: retry_after.map(Into::into),
        });
        stage.world.otherwise(|_| Reply::Json(json!({"n": 7})));
        let wait = Duration::from_secs(seconds);
        let over = stage.clock.now() + wait;
        for agent in [stage.agent(), stage.agent()] {
            let error = stage.ask(&agent, "1").await.unwrap_err();
            assert!(error.is_retryable(), "{why}: {error}");
            assert_eq!(error.retry_after(), Some(wait), "{why}");
            let paused = matches!(error, AgentError::Paused { until, .. } if until == over);
            assert!(paused, "{why}: {error}");
        }
        assert_eq!(stage.world.requests().len(), 1, "{why}: only one called");
        stage.clock.advance_to(over);
        let answer = stage.ask(&stage.agent(), "1").await;
        assert!(answer.is_ok(), "{why}: {answer:?}");
    }
}

#[tokio::test]
async fn longer_pause_wins() {
    for (why, told) in [
        ("the longer one first", ["100", "5"]),
        ("the longer one last", ["5", "100"]),
    ] {
        let stage = Stage::new().await;
        for seconds in told {
            stage.world.then(Reply::RateLimited {
                retry_after: Some(seconds.into()),
            });
        }
        // Two agents ask when the first one hits the rate limit.
        let (first, second) = (stage.agent(), stage.agent());
        let (first, second) = tokio::join!(stage.ask(&first, "1"), stage.ask(&second, "2"));
        assert_eq!(stage.world.requests().len(), 2, "{why}");
        let waits = [first, second].map(|asked| asked.unwrap_err().retry_after());
        let long = Some(Duration::from_secs(100));
        assert!(waits.contains(&long), "{why}: {waits:?}");
        let third = stage.ask(&stage.agent(), "3").await.unwrap_err();
        assert_eq!(third.retry_after(), long, "{why}");
    }
}

/// Clock on which another process begins a pause at each sleep.
struct Pausing {
    clock: Arc<ManualClock>,
    state: StateManager,
}

#[async_trait]
impl Clock for Pausing {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn sleep(&self, duration: Duration) {
        let key = state::Key::new("pause", "127.0.0.1").expect("a key");
        let until = self.now() + Duration::from_secs(100);
        let pause = json!({"until": until, "reason": "another process"});
        let saved = self.state.set(&key, Version::ABSENT, &pause, Some(until));
        assert!(matches!(saved.await, Ok(SaveResult::Written(_))));
        self.clock.sleep(duration).await;
    }
}

#[tokio::test]
async fn pause_between_tries_is_respected() {
    let stage = Stage::new().await;
    stage.world.then(error(503));
    stage.world.otherwise(|_| Reply::Json(json!({"n": 7})));
    let clock = Pausing {
        clock: stage.clock.clone(),
        state: stage.state.clone(),
    };
    let agent = Agent::new(
        stage.settings(),
        egress::client(config::Addresses::LOOPBACK).unwrap(),
        stage.state.clone(),
        Arc::new(clock),
        Arc::new(SeededEntropy::new(7)),
    );
    let paused = stage.ask(&agent.unwrap(), "1").await.unwrap_err();
    assert_eq!(name(&paused), "Paused", "{paused}");
    assert_eq!(stage.world.requests().len(), 1);
}
