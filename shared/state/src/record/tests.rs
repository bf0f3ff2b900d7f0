//! Tests of turns: applied, repeated, ignored and lost.

use crate::{
    Decision, Fault, FaultyBackend, Key, Memory, Record, SaveResult, StateBackend, StateError,
    StateManager, Turn, Version,
};
use events::{Clock, Event, Failure, ManualClock, NewEvent, SeededEntropy, Timestamp};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

type Numbers = Vec<u32>;

fn start() -> Timestamp {
    "2026-11-01T12:00:00.123456789Z".parse().unwrap()
}

fn key() -> Key {
    "pr:octo/widgets#7".parse().unwrap()
}

fn say(topic: &str, n: u32) -> NewEvent {
    NewEvent {
        topic: topic.parse().unwrap(),
        subject: "octo/widgets#7".to_owned(),
        data: json!({ "n": n }),
    }
}

fn heard(n: u32) -> Event {
    let id = format!("delivery-{n}").parse().unwrap();
    let say = say("github.pr.synchronize", n);
    Event::first(id, "github-bot.webhook", say, start())
}

/// Appends `n` and emits it; ignores 13.
fn append(n: u32) -> impl Fn(Option<&Numbers>, Timestamp) -> Decision<Numbers, &'static str> {
    move |seen, _now| {
        if n == 13 {
            return Decision::Ignore("unlucky");
        }
        let mut next = seen.cloned().unwrap_or_default();
        next.push(n);
        Decision::Write {
            next,
            emits: vec![say("agent.pr.first", n), say("agent.pr.second", n)],
            expires_at: None,
        }
    }
}

struct World {
    clock: Arc<ManualClock>,
    state: StateManager,
}

impl World {
    fn on(backend: impl StateBackend + 'static) -> Self {
        let clock = Arc::new(ManualClock::starting_at(start()));
        let entropy = Arc::new(SeededEntropy::new(7));
        let state = StateManager::new(Arc::new(backend), clock.clone(), entropy);
        Self { clock, state }
    }

    async fn hear(&self, n: u32) -> Result<Turn<Numbers, &'static str>, StateError> {
        self.clock.advance(Duration::from_secs(1));
        self.state
            .turn(&key(), "pull-request", &heard(n), append(n))
            .await
    }

    async fn record(&self) -> (Version, Option<Record<Numbers>>) {
        let seen = self.state.get(&key()).await.unwrap();
        (seen.version, seen.value)
    }
}

#[tokio::test]
async fn repeat_emits_same_events() {
    let world = World::on(Memory::default());
    let first = world.hear(1).await.unwrap();
    assert!(matches!(&first, Turn::Applied { value, .. } if *value == [1]));
    let Turn::Applied { .. } = world.hear(2).await.unwrap() else {
        panic!("2 is new");
    };
    let before = world.record().await;

    let again = world.hear(1).await.unwrap();
    assert!(
        matches!(&again, Turn::Repeated { value, .. } if *value == [1, 2]),
        "the current state: {again:?}"
    );
    let (first, again) = (first.into_parts().1, again.into_parts().1);
    assert_eq!(first.len(), 2);
    assert_eq!(
        serde_json::to_string(&first).unwrap(),
        serde_json::to_string(&again).unwrap(),
        "ids, times and bytes"
    );
    assert_eq!(world.record().await, before);
}

#[tokio::test]
async fn ignored_event_is_not_written() {
    let world = World::on(Memory::default());
    assert_eq!(world.hear(13).await.unwrap(), Turn::Ignored("unlucky"));
    assert_eq!(world.record().await, (Version::ABSENT, None));
}

#[tokio::test]
async fn two_handlers_share_one_record() {
    let world = World::on(Memory::default());
    for handler in ["verdict", "deadline"] {
        let turn = world
            .state
            .turn(&key(), handler, &heard(1), append(1))
            .await;
        assert!(matches!(turn.unwrap(), Turn::Applied { .. }), "{handler}");
    }
    assert_eq!(world.record().await.1.unwrap().value, [1, 1]);
}

#[tokio::test]
async fn remembers_newest_64_events() {
    let world = World::on(Memory::default());
    for n in 100..165 {
        let turn = world.hear(n).await.unwrap();
        assert!(matches!(turn, Turn::Applied { .. }), "{n} is new");
    }
    assert_eq!(world.record().await.1.unwrap().applied.len(), 64);
    let turn = world.hear(101).await.unwrap();
    assert!(matches!(turn, Turn::Repeated { .. }), "the 64th is known");
    let turn = world.hear(100).await.unwrap();
    assert!(
        matches!(turn, Turn::Applied { .. }),
        "the 65th is forgotten"
    );
}

#[tokio::test]
async fn record_has_pinned_format() {
    let world = World::on(Memory::default());
    let turn = world.hear(1).await.unwrap();
    assert!(matches!(turn, Turn::Applied { .. }));
    // Pinned: stored records must remain readable.
    assert_eq!(
        world
            .state
            .get::<serde_json::Value>(&key())
            .await
            .unwrap()
            .value,
        Some(json!({
            "value": [1],
            "applied": [{
                "event": "delivery-1",
                "handler": "pull-request",
                "at": "2026-11-01T12:00:01.123456789Z",
                "emitted": [
                    {"topic": "agent.pr.first", "subject": "octo/widgets#7", "data": {"n": 1}},
                    {"topic": "agent.pr.second", "subject": "octo/widgets#7", "data": {"n": 1}},
                ],
            }],
        }))
    );
}

#[tokio::test]
async fn error_names_corrupt_record() {
    let world = World::on(Memory::default());
    let (key, absent) = (key(), Version::ABSENT);
    let saved = world
        .state
        .set(&key, absent, &json!({"value": 1}), None)
        .await;
    assert_eq!(saved.unwrap(), SaveResult::Written(absent.next()));
    let error = world.hear(1).await.unwrap_err();
    assert!(!error.is_retryable());
    insta::assert_snapshot!(error, @"state pr:octo/widgets#7 is corrupt: invalid type: integer `1`, expected a sequence at line 1 column 10");
}

#[tokio::test]
async fn redelivery_recovers_from_lost_answer() {
    let world = World::on(FaultyBackend::with(Fault::AnswerLost));
    let error = world.hear(1).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    let turn = world.hear(1).await.unwrap();
    assert!(matches!(&turn, Turn::Repeated { value, .. } if *value == [1]));
    assert_eq!(turn.into_parts().1.len(), 2);
    assert_eq!(world.record().await.0, Version::new(1), "written once");
}

#[tokio::test]
async fn lost_answer_is_no_lost_race() {
    let world = World::on(FaultyBackend::with(Fault::SentAgain));
    let turn = world.hear(1).await.unwrap();
    assert!(matches!(&turn, Turn::Applied { value, .. } if *value == [1]));
    assert_eq!(world.record().await.0, Version::new(1), "written once");
}

#[tokio::test]
async fn bounds_lost_races() {
    let world = World::on(FaultyBackend::with(Fault::AlwaysStale));
    let error = world.hear(1).await.unwrap_err();
    assert!(error.is_retryable());
    insta::assert_snapshot!(error, @"state pr:octo/widgets#7 is contended: 128 races lost in a row");
    let waited = world.clock.now().duration_since(start()).unsigned_abs();
    assert!(
        (Duration::from_secs(8)..Duration::from_secs(32)).contains(&waited),
        "waited {waited:?}, on average half of 250 ms each"
    );
}
