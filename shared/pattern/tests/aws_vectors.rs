//! Compares results with verdicts and error messages recorded from AWS (`TestEventPattern`).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a vector of another shape fails the test, as it should"
)]

use pattern::{Event, EventPattern};
use serde_json::Value;

const VECTORS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/event-patterns/aws-vectors.json"
);

fn text<'v>(vector: &'v Value, key: &str) -> &'v str {
    vector[key].as_str().unwrap()
}

/// Returns the mismatch of a vector, if any.
fn judge(vector: &Value) -> Option<String> {
    let event = Event::parse(text(vector, "event")).unwrap();
    match (
        EventPattern::parse(text(vector, "pattern")),
        text(vector, "expect"),
    ) {
        (Ok(pattern), expected @ ("match" | "no match")) => {
            let found = if pattern.matches(&event) {
                "match"
            } else {
                "no match"
            };
            (found != expected).then(|| format!("found {found}, expected {expected}"))
        }
        (Err(refused), "reject") => {
            let words = vector["aws_error"]["message"].as_str()?;
            (refused.to_string() != words).then(|| format!("got {refused}, expected {words}"))
        }
        (Ok(_), expected) => Some(format!("taken, expected {expected}")),
        (Err(refused), expected) => Some(format!("{refused}, expected {expected}")),
    }
}

#[test]
fn verdicts_match_aws_recordings() {
    let Ok(file) = std::fs::read_to_string(VECTORS) else {
        eprintln!("no recorded vectors at {VECTORS}: only tests/semantics.rs checks the matcher");
        return;
    };
    let vectors: Vec<Value> = serde_json::from_str(&file).unwrap();
    let wrong: Vec<String> = vectors
        .iter()
        .filter_map(|vector| Some(format!("{}: {}", text(vector, "name"), judge(vector)?)))
        .collect();
    println!(
        "{} of {} pattern vectors",
        vectors.len() - wrong.len(),
        vectors.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(vectors.len(), 155, "the file holds all recorded vectors");
}
