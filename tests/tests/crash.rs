//! A function may stop at any await, and any call may fail. After the retry, the state
//! and the review are the same.

use events::Event;
use fake_github::WebhookDelivery;
use journeys::bot::{Bot, Surroundings, shown};
use journeys::changes::{self, new_file};
use journeys::interruption::{How, Interruption};
use journeys::model::{Notice, attentive};
use journeys::steps::{MINUTE, visible};
use serde_json::{Value, json};
use state::Record;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Only the model reports these, so both heads need a second look.
const MODEL: &[Notice] = &[
    Notice::of("logic", "upload(widget", "It uploads twice"),
    Notice::of("logic", "left + 1", "It overflows"),
];

/// Final result of a test: posts on GitHub, state, events.
#[derive(Debug, PartialEq)]
struct End {
    reviews: Vec<String>,
    checks: Vec<String>,
    comments: Vec<String>,
    state: BTreeMap<String, Value>,
    emitted: BTreeSet<String>,
}

/// Delivery whose processing is interrupted.
#[derive(Debug, Clone, Copy)]
enum Story {
    /// Opening of a pull request with a secret.
    Opened,
    /// A push after the review that fixes one finding.
    Pushed,
}

/// Returns the change without the key, with the other finding and a new one.
fn mended() -> String {
    new_file(
        "src/upload.rs",
        &[
            "/// What uploads are signed with is in the environment.",
            "pub fn upload(widget: &str) -> String {",
            "    dbg!(widget);",
            "    format!(\"{left + 1} {widget}\")",
            "}",
        ],
    )
}

/// Sends a delivery, and resends it after a failure, as the owner can on GitHub.
async fn heard(bot: &Bot, delivery: &WebhookDelivery) {
    let taken = bot.send(delivery).await;
    if !taken.is_some_and(|answer| answer.status.is_success()) {
        bot.take(delivery).await;
    }
    bot.settle().await;
    let dead = bot.dead_letters().await;
    assert!(dead.is_empty(), "given up: {dead:#?}");
}

/// Runs the story. Returns its result and the number of calls before its last delivery.
async fn told(story: Story, interruption: &Arc<Interruption>) -> (End, usize) {
    let surroundings = Surroundings {
        model: Some(attentive(MODEL)),
        ..Surroundings::in_memory()
    };
    let bot = Bot::on(surroundings, interruption.clone());
    let (pr, delivery) = bot.begins(changes::secret());
    let world = bot.world();
    let mut heads = vec![world.head(&pr)];
    heard(&bot, &delivery).await;
    let before = match story {
        Story::Opened => 0,
        Story::Pushed => {
            let before = interruption.calls();
            bot.surroundings.clock.advance(MINUTE);
            let push = world.push(&pr, mended());
            heads.push(world.head(&pr));
            heard(&bot, &push).await;
            before
        }
    };
    let items = bot.items().await.into_iter();
    let state = items
        .filter(|(key, _)| key.kind() != "journal")
        .map(|(key, item)| (key.to_string(), settled(&item.value)))
        .collect();
    let checks = heads.iter().flat_map(|head| world.checks(&pr.repo, head));
    let comments = world.comments(&pr).into_iter();
    let end = End {
        reviews: bot.reviews(&pr).iter().map(shown).collect(),
        checks: checks
            .map(|it| format!("{:?}: {}", it.check.conclusion, it.check.title))
            .collect(),
        comments: comments.map(|it| visible(&it.body).to_owned()).collect(),
        state,
        emitted: bot.journal().await.iter().map(told_of).collect(),
    };
    (end, before)
}

/// Removes GitHub's ids and markers from JSON, because they depend on the order of calls.
fn unnumbered(value: Value) -> Value {
    let given = |name: &str| matches!(name, "review_id" | "id" | "comment" | "marker");
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| match given(&name) {
                true => (name, json!("a number")),
                false => (name, unnumbered(value)),
            })
            .collect(),
        Value::Array(all) => all.into_iter().map(unnumbered).collect(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

/// Removes the parts of a record that may differ: times, ids, markers, and the causing
/// event.
fn settled(record: &str) -> Value {
    let record: Value = serde_json::from_str(record).expect("JSON");
    let record: Record<Value> = serde_json::from_value(unnumbered(record)).expect("a record");
    let emitted = record.applied.iter().flat_map(|applied| &applied.emitted);
    let emitted: BTreeSet<String> = emitted.map(|say| json!(say).to_string()).collect();
    let mut value = record.value;
    let object = value.as_object_mut().expect("a state");
    for (within, time) in [
        ("verdict", "decided_at"),
        ("reviewed", "at"),
        ("begun", "at"),
    ] {
        if let Some(Value::Object(within)) = object.get_mut(within) {
            within.remove(time);
        }
    }
    json!({"value": value, "emitted": emitted})
}

/// Formats an event without the parts that may differ: its time, and the specialist that
/// finished last.
fn told_of(event: &Event) -> String {
    let Event { topic, source, .. } = event;
    let data = unnumbered(event.data.clone());
    format!("{topic} {source} {:?} {data}", event.subject)
}

async fn wherever_it_happens(how: How) {
    for story in [Story::Opened, Story::Pushed] {
        let (undisturbed, before) = told(story, &Interruption::none()).await;
        let mut tried = 0;
        loop {
            let interruption = Interruption::of(before + tried + 1, how);
            let (end, _) = told(story, &interruption).await;
            let Some(call) = interruption.hit() else {
                break;
            };
            tried += 1;
            assert_eq!(
                end, undisturbed,
                "{story:?}, {how:?} at call {tried}: {call}"
            );
        }
        println!("{story:?}, {how:?}: {tried} calls tried");
        assert!(tried > 100, "{story:?} has more calls than {tried}");
    }
}

#[tokio::test]
async fn stories_cover_all_review_steps() {
    let (end, before) = told(Story::Pushed, &Interruption::none()).await;
    assert!(before > 100, "the first head's calls: {before}");
    assert_eq!(
        (end.reviews.len(), end.checks.len(), end.comments.len()),
        (2, 2, 0)
    );
    for topic in [
        "agent.pr.block",
        "agent.pr.second_look_completed",
        "agent.pr.review_published",
    ] {
        assert!(
            end.emitted.iter().any(|it| it.starts_with(topic)),
            "no {topic}"
        );
    }
    let proofs = end
        .state
        .keys()
        .filter(|key| key.starts_with("second-look:"));
    assert_eq!(proofs.count(), 2, "a second look at each head");
    let progress = "1 new, 1 resolved, 2 still open.";
    assert!(end.reviews[1].contains(progress), "{}", end.reviews[1]);
}

#[tokio::test]
async fn crash_before_any_call_is_recovered() {
    wherever_it_happens(How::CrashBefore).await;
}

#[tokio::test]
async fn crash_after_any_call_is_recovered() {
    wherever_it_happens(How::CrashAfter).await;
}

#[tokio::test]
async fn error_of_any_call_is_recovered() {
    wherever_it_happens(How::Refused).await;
}

#[tokio::test]
async fn lost_response_of_any_call_recovers() {
    wherever_it_happens(How::AnswerLost).await;
}
