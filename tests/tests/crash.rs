//! A function may stop at any await, and any call may have no answer: the event
//! comes again, and the end is the same state and the same review.

use event::Event;
use github_world::WebhookDelivery;
use journeys::changes::{self, new_file};
use journeys::house::{Ground, House, shown};
use journeys::interruption::{How, Interruption};
use journeys::model::{Notice, attentive};
use journeys::steps::{MINUTE, visible};
use serde_json::{Value, json};
use state::Record;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A model alone finds these, so the second look is on the way of both heads.
const MODEL: &[Notice] = &[
    Notice::of("logic", "upload(widget", "It uploads twice"),
    Notice::of("logic", "left + 1", "It overflows"),
];

/// What is left of a story: what GitHub shows, what is kept, what was said.
#[derive(Debug, PartialEq)]
struct End {
    reviews: Vec<String>,
    checks: Vec<String>,
    comments: Vec<String>,
    state: BTreeMap<String, Value>,
    said: BTreeSet<String>,
}

/// Which calls go wrong: those that follow from the last delivery of a story.
#[derive(Debug, Clone, Copy)]
enum Story {
    /// A pull request is opened, with a secret.
    Opened,
    /// And then, after its review, it is mended in part.
    Pushed,
}

/// Its key is gone, the rest of it stands, and something new is in it.
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

/// GitHub shows its owner a failed delivery, who sends it again.
async fn heard(house: &House, delivery: &WebhookDelivery) {
    let taken = house.send(delivery).await;
    if !taken.is_some_and(|answer| answer.status.is_success()) {
        house.take(delivery).await;
    }
    house.settle().await;
    let dead = house.dead_letters().await;
    assert!(dead.is_empty(), "given up: {dead:#?}");
}

/// How the story ends, and how many calls there were before its last delivery.
async fn told(story: Story, interruption: &Arc<Interruption>) -> (End, usize) {
    let ground = Ground {
        model: Some(attentive(MODEL)),
        ..Ground::in_memory()
    };
    let house = House::on(ground, interruption.clone());
    let (pr, delivery) = house.begins(changes::secret());
    let world = house.world();
    let mut heads = vec![world.head(&pr)];
    heard(&house, &delivery).await;
    let before = match story {
        Story::Opened => 0,
        Story::Pushed => {
            let before = interruption.calls();
            house.ground.clock.advance(MINUTE);
            let push = world.push(&pr, mended());
            heads.push(world.head(&pr));
            heard(&house, &push).await;
            before
        }
    };
    let items = house.items().await.into_iter();
    let state = items
        .filter(|(key, _)| key.kind() != "journal")
        .map(|(key, item)| (key.to_string(), settled(&item.value)))
        .collect();
    let checks = heads.iter().flat_map(|head| world.checks(&pr.repo, head));
    let comments = world.comments(&pr).into_iter();
    let end = End {
        reviews: house.reviews(&pr).iter().map(shown).collect(),
        checks: checks
            .map(|it| format!("{:?}: {}", it.check.conclusion, it.check.title))
            .collect(),
        comments: comments.map(|it| visible(&it.body).to_owned()).collect(),
        state,
        said: house.journal().await.iter().map(told_of).collect(),
    };
    (end, before)
}

/// JSON without the numbers that GitHub gives: those go by who comes first.
fn unnumbered(value: Value) -> Value {
    let given = |name: &str| matches!(name, "review_id" | "check_id" | "comment");
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

/// A record without what may differ: times, leases and markers, and by which
/// event it came this far.
fn settled(record: &str) -> Value {
    let record: Value = serde_json::from_str(record).expect("JSON");
    let record: Record<Value> = serde_json::from_value(unnumbered(record)).expect("a record");
    let said = record.applied.iter().flat_map(|applied| &applied.said);
    let said: BTreeSet<String> = said.map(|say| json!(say).to_string()).collect();
    let mut value = record.value;
    let object = value.as_object_mut().expect("a state");
    object.remove("marker");
    for (within, time) in [
        ("verdict", "decided_at"),
        ("reviewed", "at"),
        ("begun", "at"),
    ] {
        if let Some(Value::Object(within)) = object.get_mut(within) {
            within.remove(time);
        }
    }
    json!({"value": value, "said": said})
}

/// An event without what may differ: its time, and which of the specialists was
/// the last.
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
async fn both_stories_have_all_of_a_review_in_them() {
    let (end, before) = told(Story::Pushed, &Interruption::none()).await;
    assert!(before > 100, "the first head's calls: {before}");
    assert_eq!(
        (end.reviews.len(), end.checks.len(), end.comments.len()),
        (2, 2, 1)
    );
    for topic in [
        "agent.pr.block",
        "agent.pr.proof_completed",
        "agent.pr.review_published",
    ] {
        assert!(
            end.said.iter().any(|it| it.starts_with(topic)),
            "no {topic}"
        );
    }
    let proofs = end.state.keys().filter(|key| key.starts_with("proof:"));
    assert_eq!(proofs.count(), 2, "a second look at each head");
    let progress = "1 new, 1 resolved, 2 still open.";
    assert!(end.reviews[1].contains(progress), "{}", end.reviews[1]);
}

#[tokio::test]
async fn a_crash_before_any_call_is_made_good() {
    wherever_it_happens(How::CrashBefore).await;
}

#[tokio::test]
async fn a_crash_after_any_call_is_made_good() {
    wherever_it_happens(How::CrashAfter).await;
}

#[tokio::test]
async fn a_refusal_of_any_call_is_made_good() {
    wherever_it_happens(How::Refused).await;
}

#[tokio::test]
async fn a_lost_answer_to_any_call_is_made_good() {
    wherever_it_happens(How::AnswerLost).await;
}
