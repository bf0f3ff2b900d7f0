//! Requests that the API accepts and rejects.

use crate::bus::Bus;
use crate::functions::Functions;
use serde_json::{Value, json};
use std::fmt::Write;

fn bus() -> (tempfile::TempDir, Bus) {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, lambda) = Functions::start();
    let bus = Bus::start(&lambda, folder.path(), &[]);
    (folder, bus)
}

/// Renders the answers of an operation, one paragraph per case.
fn told(bus: &Bus, cases: &[(&str, &str, String)]) -> String {
    let mut told = String::new();
    for (why, operation, body) in cases {
        let answer = bus.call(&format!("AWSEvents.{operation}"), body);
        for header in [
            "content-type: application/x-amz-json-1.1",
            "x-amzn-requestid: ",
        ] {
            assert!(answer.head.contains(header), "{why}: {}", answer.head);
        }
        let mut body: Value = serde_json::from_str(&answer.body).expect("JSON");
        let entries = body.get_mut("Entries").and_then(Value::as_array_mut);
        for entry in entries.into_iter().flatten() {
            if let Some(id) = entry.get_mut("EventId") {
                assert_eq!(id.as_str().map(str::len), Some(36), "{why}");
                *id = json!("(a UUID)");
            }
        }
        let _ = writeln!(told, "{why}:\n{} {body}\n", answer.status);
    }
    told
}

/// Returns a valid entry with `changes` applied. A null removes the field.
fn entry(changes: Value) -> Value {
    let mut entry = json!({
        "Source": "shop",
        "DetailType": "parcel.sent",
        "Detail": "{}",
        "EventBusName": "github-bot",
    });
    let fields = entry.as_object_mut().expect("an object");
    let Value::Object(changes) = changes else {
        panic!("changes are an object");
    };
    fields.extend(changes);
    entry
}

fn put(why: &str, entries: Value) -> (&str, &str, String) {
    (why, "PutEvents", json!({ "Entries": entries }).to_string())
}

#[test]
fn put_events_names_rejected_fields() {
    let (_folder, bus) = bus();
    let one = |why, changes| put(why, json!([entry(changes)]));
    let mib = 1024 * 1024;
    // Source, detail-type and time also count, as do the detail's braces and quotes.
    let filling = |beside: usize| format!(r#"{{"x":"{}"}}"#, "y".repeat(mib - beside - 4 - 11 - 8));
    let detail = |beside| json!({ "Detail": filling(beside) });
    let both = json!({ "Detail": filling(14), "Time": 0 });
    let cases = [
        one("a good entry", json!({})),
        one(
            "all that an entry can have",
            json!({
                "Time": "2026-11-01T12:00:00Z",
                "Resources": ["arn:aws:s3:::orders"],
                "TraceHeader": "Root=1-5759e988-bd862e3fe1be46a994272793",
                "EventBusName": "arn:aws:events:eu-central-1:123456789012:event-bus/github-bot",
            }),
        ),
        put("ten entries", json!(vec![entry(json!({})); 10])),
        put("eleven entries", json!(vec![entry(json!({})); 11])),
        put("no entries", json!([])),
        put("no entries", Value::Null),
        ("an empty body", "PutEvents", String::new()),
        ("no JSON", "PutEvents", "{".to_owned()),
        ("no object", "PutEvents", "[]".to_owned()),
        put("invalid entries", json!("all")),
        one("source is not a string", json!({"Source": 5})),
        one("invalid time", json!({"Time": "yesterday"})),
        one("a time beyond all calendars", json!({"Time": 1e300})),
        one("no source", json!({"Source": null})),
        one("an empty source", json!({"Source": ""})),
        one("no detail-type", json!({"DetailType": null})),
        one(
            "a detail-type as long as can be",
            json!({"DetailType": "é".repeat(128)}),
        ),
        one("a longer one", json!({"DetailType": "é".repeat(129)})),
        one("no detail", json!({"Detail": null})),
        one("detail is not JSON", json!({"Detail": "{"})),
        one("detail is not an object", json!({"Detail": "[1]"})),
        one("AWS's own source", json!({"Source": "aws.s3"})),
        one(
            "a source that only looks like it",
            json!({"Source": "awsome"}),
        ),
        one("the default bus", json!({"EventBusName": null})),
        one("a bus that is not there", json!({"EventBusName": "other"})),
        one("a bus with an empty name", json!({"EventBusName": ""})),
        one(
            "a bus with no name that can be",
            json!({"EventBusName": "a bus"}),
        ),
        one(
            "a name that is too long",
            json!({"EventBusName": "x".repeat(1601)}),
        ),
        one(
            "a resource that is too long",
            json!({"Resources": ["", "x".repeat(2049)]}),
        ),
        one(
            "a trace header that is too long",
            json!({"TraceHeader": "x".repeat(501)}),
        ),
        put(
            "some good, some bad",
            json!([
                entry(json!({})),
                entry(json!({"Detail": "x"})),
                entry(json!({}))
            ]),
        ),
        one("1 MiB", detail(0)),
        one(
            "1 MiB and a byte",
            json!({"Detail": filling(0), "Source": "shops"}),
        ),
        one("1 MiB with its time", both.clone()),
        put(
            "1 MiB and a second entry",
            json!([entry(both), entry(json!({}))]),
        ),
    ];
    insta::assert_snapshot!(told(&bus, &cases));
}

#[test]
fn test_event_pattern_reports_match() {
    let (_folder, bus) = bus();
    let event = json!({
        "id": "1", "account": "123456789012", "source": "shop", "time": "2026-11-01T12:00:00Z",
        "region": "us-east-1", "resources": [], "detail-type": "order.placed",
        "detail": {"amount": 5},
    });
    let mut without = event.clone();
    without.as_object_mut().expect("an object").remove("region");
    let test = |why, pattern: &str, event: &str| {
        let body = json!({ "EventPattern": pattern, "Event": event });
        (why, "TestEventPattern", body.to_string())
    };
    let event = event.to_string();
    let cases = [
        test(
            "it matches",
            r#"{"detail": {"amount": [{"numeric": [">", 0]}]}}"#,
            &event,
        ),
        test("it does not", r#"{"source": ["till"]}"#, &event),
        test("no pattern", r#"{"source": "till"}"#, &event),
        test("no JSON", "{", &event),
        test("no event", r#"{"source": ["till"]}"#, "[]"),
        test(
            "an event that lacks something",
            r#"{"source": ["shop"]}"#,
            &without.to_string(),
        ),
        (
            "no event at all",
            "TestEventPattern",
            r#"{"EventPattern": "{}"}"#.to_owned(),
        ),
        ("nothing", "TestEventPattern", "{}".to_owned()),
    ];
    insta::assert_snapshot!(told(&bus, &cases));
}

#[test]
fn other_operations() {
    let (_folder, bus) = bus();
    let describe = |why, body: &str| (why, "DescribeEventBus", body.to_owned());
    let arn = "arn:aws:events:us-east-1:000000000000:event-bus/github-bot";
    let cases = [
        describe("the bus by its name", r#"{"Name": "github-bot"}"#),
        describe("by its ARN", &json!({ "Name": arn }).to_string()),
        describe("another", r#"{"Name": "other"}"#),
        describe("the default bus", "{}"),
        ("an operation that is not here", "PutRule", "{}".to_owned()),
    ];
    insta::assert_snapshot!(told(&bus, &cases));
}

#[test]
fn invalid_call_names_expected_form() {
    let (_folder, bus) = bus();
    for (why, method, path, status) in [
        ("no target", "POST", "/", 400),
        ("no POST", "GET", "/", 400),
        ("another path", "POST", "/events", 400),
    ] {
        let answer = crate::common::exchange(bus.address, method, path, &[], b"{}");
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, status, "{why}");
        assert!(
            answer.body.contains("UnknownOperationException"),
            "{why}: {}",
            answer.body
        );
        assert!(
            answer.head.contains("x-amzn-requestid: "),
            "{why}: {}",
            answer.head
        );
    }
    let huge = " ".repeat(9 * 1024 * 1024);
    assert_eq!(bus.call("AWSEvents.PutEvents", &huge).status, 413);
}
