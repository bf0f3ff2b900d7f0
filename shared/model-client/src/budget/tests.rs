use super::*;
use events::{ManualClock, SeededEntropy};
use state::{Fault, FaultyBackend, Memory};
use std::sync::Arc;

/// Returns budgets whose first `racing` reads are answered together.
fn budgets(racing: u32) -> (Arc<Budgets>, Arc<FaultyBackend>) {
    let backend = Arc::new(FaultyBackend::raced(Arc::new(Memory::default()), racing));
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
    let (budgets, backend) = budgets(50);
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
    assert!(backend.lost_races() > 0, "no conflict occurred");
}

#[tokio::test]
async fn concurrent_repeats_reserve_once() {
    let (budgets, _) = budgets(50);
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
    let (budgets, backend) = budgets(0);
    let scopes = [scope("pr", 1_000), scope("offline", 1_000)];
    let unavailable = Fault::Unavailable(scopes[1].key.clone());
    backend.set_fault(Some(unavailable.clone()));
    let error = budgets.reserve(&scopes, "a", 100).await.unwrap_err();
    assert!(matches!(error, AgentError::State(_)), "{error}");
    assert_eq!(counts(&budgets, &scopes[0]).await, 0);

    backend.set_fault(None);
    budgets.reserve(&scopes, "a", 100).await.unwrap();
    backend.set_fault(Some(unavailable));
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
    let (budgets, _) = budgets(0);
    let scopes = [scope("pr", 1_000), scope("pr", 1_000)];
    budgets.reserve(&scopes, "a", 100).await.unwrap();
    assert_eq!(counts(&budgets, &scopes[0]).await, 100);
    budgets.settle(&scopes, "a", 30).await;
    assert_eq!(counts(&budgets, &scopes[0]).await, 30);
}
