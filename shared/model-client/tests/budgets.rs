//! Budgets across questions: reservation, usage and release.

mod common;

use common::{Stage, name, scope};
use fake_model::Reply;
use model_client::AgentError;
use serde_json::json;

#[tokio::test]
async fn answer_counts_in_every_budget() {
    let stage = Stage::new().await;
    let budgets = [scope("review", 10_000), scope("day", 10_000)];
    stage.world.otherwise(|_| Reply::Json(json!({"n": 7})));
    let agent = stage.agent();
    let first = stage.ask_in(&agent, "1", &budgets).await.unwrap();
    let second = stage.ask_in(&agent, "2", &budgets).await.unwrap();
    let total = first.usage.total() + second.usage.total();
    assert!(total > 0 && total < 4_096, "{total}: less than is reserved");
    for budget in &budgets {
        assert_eq!(stage.used(budget).await, total, "{}", budget.name);
    }
}

#[tokio::test]
async fn unused_tokens_are_released() {
    let unavailable = Reply::Error {
        status: 503,
        kind: String::new(),
        message: String::new(),
    };
    let limited = Reply::RateLimited { retry_after: None };
    for (why, replies, counted) in [
        ("no reply", vec![unavailable; 3], 0..1),
        ("a pause", vec![limited], 0..1),
        ("no money", vec![Reply::NoQuota], 0..1),
        (
            "a reply cut short is paid for",
            vec![Reply::CutShort("{".into())],
            1..4_096,
        ),
        (
            "so are two bad ones",
            vec![Reply::Text("seven".into()); 2],
            1..4_096,
        ),
        (
            "a lost call counts its reservation on each try within the limit",
            vec![Reply::Cut; 3],
            2 * 4_096..10_001,
        ),
        (
            "a reply without usage counts its reservation",
            vec![Reply::WithoutUsage(json!({"n": 7}))],
            4_096..5_000,
        ),
    ] {
        let stage = Stage::new().await;
        replies
            .into_iter()
            .for_each(|reply| stage.world.then(reply));
        let budget = [scope("review", 10_000)];
        let _ = stage.ask_in(&stage.agent(), "1", &budget).await;
        let used = stage.used(&budget[0]).await;
        assert!(counted.contains(&used), "{why}: {used}");
    }
}

#[tokio::test]
async fn exhausted_budget_prevents_call() {
    let stage = Stage::new().await;
    let budgets = [scope("review", 10_000), scope("day", 4_100)];
    let error = stage.ask_in(&stage.agent(), "1", &budgets).await;
    let error = error.unwrap_err();
    let want = "the budget of this day is used up: 4100 tokens";
    assert_eq!(error.to_string(), want);
    assert!(!events::Failure::is_retryable(&error));
    assert_eq!(stage.used(&budgets[0]).await, 0, "given back");
    assert!(stage.world.requests().is_empty());
}

#[tokio::test]
async fn redelivered_question_reserves_once() {
    let stage = Stage::new().await;
    let budget = [scope("review", 5_000)]; // one reservation, not two
    stage.world.then(Reply::Hang);
    stage.world.otherwise(|_| Reply::Json(json!({"n": 7})));
    let agent = stage.agent();
    // Simulates a function that stops during its question.
    let first = stage.ask_in(&agent, "1", &budget);
    let asked = async {
        while stage.world.requests().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        done = first => panic!("{done:?}"),
        () = asked => {}
    }
    assert!(
        stage.used(&budget[0]).await > 4_096,
        "reserved, never settled"
    );

    let other = stage.ask_in(&agent, "2", &budget).await.unwrap_err();
    assert!(
        matches!(other, AgentError::OverBudget { .. }),
        "{}",
        name(&other)
    );
    let again = stage.ask_in(&agent, "1", &budget).await.unwrap();
    assert_eq!(stage.used(&budget[0]).await, again.usage.total());
}

#[tokio::test]
async fn repair_reserves_tokens() {
    let stage = Stage::new().await;
    let bad = || Reply::Text("seven".into());
    stage.world.then(bad());
    stage.world.then(bad());
    let budget = [scope("review", 4_200)]; // one reservation, without other usage
    let error = stage.ask_in(&stage.agent(), "1", &budget).await;
    let error = error.unwrap_err();
    assert_eq!(name(&error), "Malformed", "{error}");
    assert_eq!(
        stage.world.requests().len(),
        1,
        "there was no room for a repair"
    );
}

#[tokio::test]
async fn failed_question_reports_usage() {
    for (why, replies, is_paid) in [
        ("cut short", vec![Reply::CutShort("{".into())], true),
        ("bad twice", vec![Reply::Text("seven".into()); 2], true),
        ("no money", vec![Reply::NoQuota], false),
    ] {
        let stage = Stage::new().await;
        replies
            .into_iter()
            .for_each(|reply| stage.world.then(reply));
        let budget = [scope("review", 10_000)];
        let unanswered = stage.paid(&stage.agent(), "1", &budget).await.unwrap_err();
        assert_eq!(unanswered.usage.total() > 0, is_paid, "{why}");
        assert_eq!(
            unanswered.usage.total(),
            stage.used(&budget[0]).await,
            "{why}"
        );
    }
}
