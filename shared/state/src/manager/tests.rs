//! Tests of updates with concurrent writers.

use super::*;
use crate::{Fault, FaultyBackend};
use events::{ManualClock, SeededEntropy};

fn state(backend: FaultyBackend) -> StateManager {
    let clock = Arc::new(ManualClock::starting_at(Timestamp::UNIX_EPOCH));
    let entropy = Arc::new(SeededEntropy::new(7));
    StateManager::new(Arc::new(backend), clock, entropy)
}

fn key() -> Key {
    "count:all".parse().unwrap()
}

fn one_more(seen: Option<u32>, now: Timestamp) -> (Option<(u32, Timestamp)>, u32) {
    let next = seen.unwrap_or_default() + 1;
    (Some((next, now + Duration::from_secs(60))), next)
}

#[tokio::test]
async fn concurrent_updates_lose_none() {
    let state = state(FaultyBackend::raced(Arc::new(Memory::default()), 50));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let state = state.clone();
        tasks.spawn(async move { state.update(&key(), one_more).await.unwrap() });
    }
    let mut emitted = tasks.join_all().await;
    emitted.sort_unstable();
    assert_eq!(emitted, (1..=50).collect::<Vec<_>>(), "each has its own");
    let seen = state.get::<u32>(&key()).await.unwrap();
    assert_eq!(seen.value, Some(50));
}

#[tokio::test]
async fn update_without_next_value_writes_nothing() {
    let state = state(FaultyBackend::with(Fault::AlwaysStale));
    let look = |seen: Option<u32>, _| (None, seen);
    let emitted = state.update(&key(), look).await.unwrap();
    assert_eq!(emitted, None, "although every write would be stale");
}

#[tokio::test]
async fn update_reports_endless_races() {
    let error = state(FaultyBackend::with(Fault::AlwaysStale))
        .update(&key(), one_more)
        .await
        .unwrap_err();
    assert!(matches!(error, StateError::Contended { .. }), "{error}");
}
