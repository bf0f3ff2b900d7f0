//! Calls of functions: targets, payloads and retries.

use crate::bus::{Bus, dead_letters};
use crate::common::eventually;
use crate::functions::{Functions, Reply};
use serde_json::{Value, json};
use std::time::Duration;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn names(calls: &[(String, Value)]) -> Vec<&str> {
    let mut names: Vec<_> = calls.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}

/// Replaces values that differ in every run with fixed words.
fn steady(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                let word = match name.as_str() {
                    "id" => Some("(a UUID)"),
                    "SentTimestamp" | "ApproximateFirstReceiveTimestamp" => Some("(now)"),
                    _ => None,
                };
                match (word, name.as_str()) {
                    (Some(word), _) => *field = json!(word),
                    (None, "body") => {
                        let body = field.as_str().expect("a text");
                        *field = steady(serde_json::from_str(body).expect("JSON"));
                    }
                    (None, _) => *field = steady(field.take()),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = steady(item.take());
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    value
}

#[test]
fn rules_route_events_in_target_format() {
    let (folder, (functions, lambda)) = (folder(), Functions::start());
    let bus = Bus::start(&lambda, folder.path(), &[]);
    bus.put("order.placed", &json!({"amount": 5, "of": ["a", "b"]}));
    bus.settles_at(0, 0);
    let mut calls = functions.calls();
    calls.sort_by(|(one, _), (other, _)| one.cmp(other));
    assert_eq!(names(&calls), ["billing", "orders"]);
    insta::assert_json_snapshot!(
        calls
            .into_iter()
            .map(|(name, payload)| (name, steady(payload)))
            .collect::<Vec<_>>()
    );

    bus.put("order.placed", &json!({"amount": 0}));
    bus.put("parcel.sent", &json!({"amount": 5}));
    bus.settles_at(0, 0);
    assert_eq!(names(&functions.calls()), ["billing", "billing", "orders"]);
}

#[test]
fn prints_environment_for_functions() {
    let folder = folder();
    let bus = Bus::start("http://127.0.0.1:1", folder.path(), &["--bus", "shop"]);
    assert_eq!(
        bus.environment,
        [
            format!("AWS_ENDPOINT_URL=http://{}", bus.address),
            "EVENT_BUS_NAME=shop".to_owned(),
        ]
    );
}

#[test]
fn failed_message_returns_until_handled() {
    let (folder, (functions, lambda)) = (folder(), Functions::start());
    let functions = functions
        .then(Reply::ReportsFailure)
        .then(Reply::Error("no bank"));
    let bus = Bus::start(&lambda, folder.path(), &[]);
    bus.put("order.paid", &json!({}));
    bus.settles_at(0, 0);
    let calls = functions.calls();
    let received: Vec<_> = calls
        .iter()
        .map(|(_, batch)| {
            let record = &batch["Records"][0];
            let count = &record["attributes"]["ApproximateReceiveCount"];
            (count.as_str().expect("a text"), &record["messageId"])
        })
        .collect();
    let id = received[0].1;
    assert_eq!(received, [("1", id), ("2", id), ("3", id)], "one message");
}

#[test]
fn unanswered_calls_do_not_delay_others() {
    let (folder, (functions, lambda)) = (folder(), Functions::start());
    let functions = (0..8).fold(functions, |it, _| it.then(Reply::Waits));
    let bus = Bus::start(&lambda, folder.path(), &[]);
    (0..20).for_each(|_| bus.put("order.paid", &json!({})));
    eventually("its workers are busy", Duration::from_secs(10), || {
        (functions.calls().len() == 8).then_some(())
    });
    bus.put("order.placed", &json!({"amount": 5}));
    bus.settles_at(21, 0); // of two targets, one is busy
    assert_eq!(functions.calls().len(), 9);
}

#[test]
fn dead_letter_keeps_its_reason() {
    for (why, replies, detail_type, attempts, reason) in [
        (
            "a message that is reported three times",
            vec![Reply::ReportsFailure; 3],
            "order.paid",
            3,
            "the function reports the message in batchItemFailures; see its log (no tries left)",
        ),
        (
            "a message whose function fails in the end",
            vec![
                Reply::ReportsFailure,
                Reply::ReportsFailure,
                Reply::Error("no bank"),
            ],
            "order.paid",
            3,
            "HandlerError: no bank (no tries left)",
        ),
        (
            "a function that is not tried again",
            vec![Reply::Error("no such order")],
            "order.placed",
            1,
            "HandlerError: no such order (no tries left)",
        ),
        (
            "error in AWS's format",
            vec![Reply::ErrorByHeader("no such order")],
            "order.placed",
            1,
            "HandlerError: no such order (no tries left)",
        ),
        (
            "no such function",
            vec![Reply::NotFound],
            "order.placed",
            1,
            r#"answered 404 Not Found: {"title":"Missing function"} (no tries left)"#,
        ),
    ] {
        let (folder, (functions, lambda)) = (folder(), Functions::start());
        let functions = replies.into_iter().fold(functions, Functions::then);
        let file = folder.path().join("bus.db");
        let bus = Bus::start(&lambda, folder.path(), &["--state", "sqlite://bus.db"]);
        // The amount limits the event to one of the two functions.
        let entry = json!({
            "Source": if detail_type == "order.paid" { "shop" } else { "till" },
            "DetailType": detail_type,
            "Detail": r#"{"amount": 5}"#,
            "EventBusName": "github-bot",
        });
        bus.call(
            "AWSEvents.PutEvents",
            &json!({ "Entries": [entry] }).to_string(),
        );
        bus.settles_at(0, 1);
        let calls = functions.calls().len();
        bus.ask_to_stop();
        assert_eq!(bus.wait().code(), Some(0), "{why}");
        let letters = dead_letters(&file);
        assert_eq!(letters[0]["reason"], reason, "{why}");
        assert_eq!(letters[0]["attempts"], attempts, "{why}");
        assert_eq!(calls, attempts, "{why}");
    }
}

#[test]
fn unreached_function_follows_target_policy() {
    let folder = folder();
    let file = folder.path().join("bus.db");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let unreachable = format!("http://{}", taken.local_addr().expect("its address"));
    drop(taken);
    let bus = Bus::start(&unreachable, folder.path(), &["--state", "sqlite://bus.db"]);
    // All three calls fail: two of `orders`, one of `billing`. The reminder waits.
    bus.put("order.placed", &json!({"amount": 5}));
    bus.put("order.unpaid", &json!({}));
    bus.settles_at(1, 3);
    bus.ask_to_stop();
    assert_eq!(bus.wait().code(), Some(0));
    let letters = dead_letters(&file);
    let of = |rule: &str| {
        let letter = letters.iter().find(|letter| letter["rule"] == rule);
        let letter = letter.expect("dead letter");
        let reason = letter["reason"].as_str().expect("a text");
        assert!(
            reason.starts_with(&format!("the function was not reached: {unreachable}")),
            "{reason}"
        );
        letter["attempts"].clone()
    };
    assert_eq!((of("OrdersRule"), of("BillingRule")), (json!(2), json!(3)));

    // The next process has the reminder and the dead letters.
    let (_, lambda) = Functions::start();
    let bus = Bus::start(&lambda, folder.path(), &["--state", "sqlite://bus.db"]);
    assert_eq!(bus.depth(), (1, 3));
}
