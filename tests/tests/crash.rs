//! A function may stop at any await, and any call may have no answer: the event
//! comes again, and the end is the same state and the same review.

use event::Event;
use github_world::NewPullRequest;
use journeys::changes;
use journeys::house::{Ground, House, shown};
use journeys::interruption::{How, Interruption};
use serde_json::{Value, json};
use state::Record;
use std::collections::{BTreeMap, BTreeSet};

/// What is left of a story: what GitHub shows, what is kept, what was said.
#[derive(Debug, PartialEq)]
struct End {
    review: String,
    checks: Vec<String>,
    comments: Vec<String>,
    state: BTreeMap<String, Value>,
    said: BTreeSet<String>,
}

/// A pull request with a secret is opened, and one of the calls that this leads
/// to goes wrong. GitHub shows its owner a failed delivery, who sends it again.
async fn a_pull_request_is_opened(interruption: &std::sync::Arc<Interruption>) -> End {
    let house = House::on(Ground::in_memory(), interruption.clone());
    let delivery = house.world().open_pull_request(NewPullRequest {
        diff: changes::secret(),
        ..NewPullRequest::default()
    });
    let taken = house.send(&delivery).await;
    if !taken.is_some_and(|answer| answer.status.is_success()) {
        assert!(house.deliver(&delivery).await.status.is_success());
    }
    house.settle().await;

    let dead = house.dead_letters().await;
    assert!(dead.is_empty(), "given up: {dead:#?}");
    let pr = delivery.pr.expect("a pull request");
    let items = house.items().await.into_iter();
    let state = items
        .filter(|(key, _)| key.kind() != "journal")
        .map(|(key, item)| (key.to_string(), settled(&item.value)))
        .collect();
    let world = house.world();
    let checks = world.checks(&pr.repo, &world.head(&pr)).into_iter();
    let comments = world.comments(&pr).into_iter();
    End {
        review: shown(&house.review(&pr)),
        checks: checks
            .map(|it| format!("{:?}: {}", it.check.conclusion, it.check.title))
            .collect(),
        comments: comments.map(|it| visible(&it.body).to_owned()).collect(),
        state,
        said: house.journal().await.iter().map(told).collect(),
    }
}

/// A comment without its marker.
fn visible(body: &str) -> &str {
    body.rsplit_once("<!-- ").map_or(body, |(text, _)| text)
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
    for (within, time) in [("verdict", "decided_at"), ("reviewed", "at")] {
        if let Some(Value::Object(within)) = object.get_mut(within) {
            within.remove(time);
        }
    }
    json!({"value": value, "said": said})
}

/// An event without what may differ: its time, and which of the specialists was
/// the last.
fn told(event: &Event) -> String {
    let Event { topic, source, .. } = event;
    let data = unnumbered(event.data.clone());
    format!("{topic} {source} {:?} {data}", event.subject)
}

async fn wherever_it_happens(how: How) {
    let undisturbed = a_pull_request_is_opened(&Interruption::none()).await;
    let mut tried = 0;
    loop {
        let interruption = Interruption::of(tried + 1, how);
        let end = a_pull_request_is_opened(&interruption).await;
        let Some(call) = interruption.hit() else {
            break;
        };
        assert_eq!(end, undisturbed, "{how:?} at call {}: {call}", tried + 1);
        tried += 1;
    }
    println!("{how:?}: {tried} calls tried");
    assert!(tried > 50, "the story has more calls than {tried}");
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
