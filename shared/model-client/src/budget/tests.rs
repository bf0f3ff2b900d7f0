use super::*;
use async_trait::async_trait;
use events::{ManualClock, SeededEntropy};
use state::{KeyPrefix, Memory, NewItem, SaveResult, StateBackend, StoredItem, Version};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// In-memory state that runs concurrent writes between a read and a write, and can fail.
#[derive(Default)]
struct Raced {
    memory: Memory,
    lost: AtomicU64,
    away: AtomicU64,
}

#[async_trait]
impl StateBackend for Raced {
    async fn get(&self, key: &Key, now: Timestamp) -> Result<Option<StoredItem>, StateError> {
        let stored = self.memory.get(key, now).await;
        tokio::task::yield_now().await;
        stored
    }

    async fn put_if_version(
        &self,
        key: &Key,
        expected: Version,
        item: NewItem,
    ) -> Result<SaveResult, StateError> {
        if key.as_str() == "budget:offline" && self.away.load(Ordering::SeqCst) > 0 {
            let reason = "away".to_owned();
            return Err(StateError::Unavailable { reason });
        }
        let saved = self.memory.put_if_version(key, expected, item).await;
        if matches!(saved, Ok(SaveResult::Stale)) {
            self.lost.fetch_add(1, Ordering::SeqCst);
        }
        saved
    }

    async fn list(
        &self,
        prefix: &KeyPrefix,
        after: Option<&Key>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<(Key, StoredItem)>, StateError> {
        self.memory.list(prefix, after, limit, now).await
    }
}

fn budgets() -> (Arc<Budgets>, Arc<Raced>) {
    let backend = Arc::new(Raced::default());
    let clock = Arc::new(ManualClock::starting_at(Timestamp::UNIX_EPOCH));
    let entropy = Arc::new(SeededEntropy::new(7));
    let state = StateManager::new(backend.clone(), clock, entropy);
    (Arc::new(Budgets::new(state)), backend)
}

fn scope(name: &str, limit: u64) -> Scope {
    Scope {
        key: Key::new("budget", name).unwrap(),
        limit,
        name: format!("this {name}"),
    }
}

async fn counts(budgets: &Budgets, scope: &Scope) -> u64 {
    used(&budgets.state, &scope.key).await.unwrap()
}

#[tokio::test]
async fn concurrent_reservations_respect_limit() {
    let (budgets, backend) = budgets();
    let scopes = [scope("pr", 10_000), scope("day", 799)];
    let tasks: Vec<_> = (0..50)
        .map(|n| {
            let (budgets, scopes) = (budgets.clone(), scopes.clone());
            tokio::spawn(async move { budgets.reserve(&scopes, &n.to_string(), 100).await })
        })
        .collect();
    let (mut reserved, mut over) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => reserved += 1,
            Err(AgentError::OverBudget { scope, limit: 799 }) if scope == "this day" => over += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((reserved, over), (7, 43), "799 tokens are seven times 100");
    assert_eq!(counts(&budgets, &scopes[1]).await, 700);
    let kept = counts(&budgets, &scopes[0]).await;
    assert_eq!(
        kept, 700,
        "the 43 others released their share of the first scope"
    );
    assert!(
        backend.lost.load(Ordering::SeqCst) > 0,
        "no conflict occurred"
    );
}

#[tokio::test]
async fn concurrent_repeats_reserve_once() {
    let (budgets, _) = budgets();
    let scopes = [scope("pr", 150)];
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (budgets, scopes) = (budgets.clone(), scopes.clone());
            tokio::spawn(async move { budgets.reserve(&scopes, "same", 100).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(counts(&budgets, &scopes[0]).await, 100);
}

#[tokio::test]
async fn failed_reservation_is_rolled_back() {
    let (budgets, backend) = budgets();
    let scopes = [scope("pr", 1_000), scope("offline", 1_000)];
    backend.away.store(1, Ordering::SeqCst);
    let error = budgets.reserve(&scopes, "a", 100).await.unwrap_err();
    assert!(matches!(error, AgentError::State(_)), "{error}");
    assert_eq!(counts(&budgets, &scopes[0]).await, 0);

    backend.away.store(0, Ordering::SeqCst);
    budgets.reserve(&scopes, "a", 100).await.unwrap();
    backend.away.store(1, Ordering::SeqCst);
    budgets.settle(&scopes, "a", 10).await;
    assert_eq!(counts(&budgets, &scopes[0]).await, 10);
    assert_eq!(
        counts(&budgets, &scopes[1]).await,
        100,
        "too much, not too little"
    );
}

#[tokio::test]
async fn duplicate_budget_counts_once() {
    let (budgets, _) = budgets();
    let scopes = [scope("pr", 1_000), scope("pr", 1_000)];
    budgets.reserve(&scopes, "a", 100).await.unwrap();
    assert_eq!(counts(&budgets, &scopes[0]).await, 100);
    budgets.settle(&scopes, "a", 30).await;
    assert_eq!(counts(&budgets, &scopes[0]).await, 30);
}
