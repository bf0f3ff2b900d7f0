//! Contract for concurrent writers of one item, through [`StateManager::turn`].

use super::key;
use crate::{Decision, FaultyBackend, Key, StateBackend, StateManager, Turn, Version};
use events::{Event, NewEvent, SystemClock, SystemEntropy, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;

const TASKS: u32 = 50;

fn say(topic: &str, n: u64) -> NewEvent {
    NewEvent {
        topic: topic.parse().expect("a topic"),
        subject: "octo/widgets#7".to_owned(),
        data: serde_json::json!({ "n": n }),
    }
}

fn heard(n: u64) -> Event {
    let id = format!("delivery-{n}").parse().expect("an id");
    let say = say("agent.pr.check_completed", n);
    Event::first(id, "github-bot.security", say, super::present())
}

fn number(heard: &Event) -> u64 {
    let n = heard.data.get("n").and_then(serde_json::Value::as_u64);
    n.expect("the event has a number")
}

/// Appends the number of the event and emits it, so that an event applied twice is visible.
fn decide(
    heard: &Event,
) -> impl Fn(Option<&Vec<u64>>, Timestamp) -> Decision<Vec<u64>, &'static str> {
    let n = number(heard);
    move |seen, _now| {
        let mut next = seen.cloned().unwrap_or_default();
        next.push(n);
        Decision::Write {
            next,
            emits: vec![say("agent.pr.review_completed", n)],
            expires_at: None,
        }
    }
}

type Turns = Vec<(Event, Turn<Vec<u64>, &'static str>)>;

/// Runs all tasks concurrently; the `n`th handles `heard(n)`.
async fn race(
    backend: Arc<dyn StateBackend>,
    key: &Key,
    heard: impl Fn(u64) -> Event,
) -> (Turns, Arc<FaultyBackend>, StateManager) {
    let together = Arc::new(FaultyBackend::raced(Arc::clone(&backend), TASKS));
    let manager =
        |backend| StateManager::new(backend, Arc::new(SystemClock), Arc::new(SystemEntropy));
    let tasks: Vec<_> = (0..u64::from(TASKS))
        .map(|n| {
            let (state, key, heard) = (manager(together.clone()), key.clone(), heard(n));
            tokio::spawn(async move {
                let turn = state.turn(&key, "verdict", &heard, decide(&heard)).await;
                (heard, turn)
            })
        })
        .collect();
    let mut turns = Vec::new();
    for task in tasks {
        let (heard, turn) = task.await.expect("a task ends");
        let turn = turn.unwrap_or_else(|error| panic!("{}: {error}", heard.id));
        turns.push((heard, turn));
    }
    (turns, together, manager(backend))
}

/// Applies one event of each of fifty tasks to one review state: every event is applied and emitted
/// exactly once, and no update is lost.
pub async fn fifty_tasks_lose_no_update(backend: Arc<dyn StateBackend>) {
    let key = key("race:octo/widgets#7@4f2a");
    let (turns, together, state) = race(backend, &key, heard).await;
    for (heard, turn) in turns {
        let Turn::Applied { value, events } = turn else {
            panic!("{} was new, got {turn:?}", heard.id);
        };
        let [emitted] = events.as_slice() else {
            panic!("{} emits one event, got {events:?}", heard.id);
        };
        assert_eq!(emitted.data, heard.data);
        assert_eq!(emitted.causationid.as_ref(), Some(&heard.id));
        assert_eq!(value.last(), Some(&number(&heard)));
    }
    let lost = together.lost_races();
    assert!(
        lost >= u64::from(TASKS) - 1,
        "only {lost} races were lost: no race at all"
    );

    let seen = state
        .get::<crate::Record<Vec<u64>>>(&key)
        .await
        .expect("a record");
    let record = seen.value.expect("the record is there");
    assert_eq!(
        seen.version,
        Version::new(TASKS.into()),
        "one write for each"
    );
    let mut numbers = record.value;
    numbers.sort_unstable();
    assert!(
        numbers.iter().copied().eq(0..u64::from(TASKS)),
        "all are there, each exactly once: {numbers:?}"
    );
}

/// Lets fifty tasks handle the same event: it is applied once, and all tasks emit the same events.
pub async fn fifty_tasks_apply_one_event_once(backend: Arc<dyn StateBackend>) {
    let key = key("repeat:octo/widgets#7@4f2a");
    let once = heard(7);
    let (turns, _, state) = race(backend, &key, |_| once.clone()).await;
    let applied = turns
        .iter()
        .filter(|(_, turn)| matches!(turn, Turn::Applied { .. }))
        .count();
    assert_eq!(applied, 1, "it is applied once");
    let emitted: BTreeSet<_> = turns
        .into_iter()
        .map(|(_, turn)| serde_json::to_string(&turn.into_parts().1).expect("events are JSON"))
        .collect();
    assert_eq!(emitted.len(), 1, "all emit the same events: {emitted:#?}");
    assert_eq!(
        state.peek::<Vec<u64>>(&key).await.expect("a record"),
        Some(vec![7])
    );
    let seen = state
        .get::<serde_json::Value>(&key)
        .await
        .expect("a record");
    assert_eq!(seen.version, Version::new(1), "and written once");
}
