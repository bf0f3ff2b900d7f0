//! Matching and non-matching cases, each with its reason. Needs no recorded vectors.

#![expect(
    clippy::unwrap_used,
    reason = "a row that does not parse fails the test, as it should"
)]

mod arrays;
mod keys;
mod operators;
mod presence;
mod refusals;
mod values;

use pattern::{Event, EventPattern};

/// The reason, the pattern, the event, and whether they match.
type Row = (&'static str, &'static str, &'static str, bool);

fn check(table: &[Row]) {
    for (why, pattern, event, hit) in table {
        let compiled = EventPattern::parse(pattern).unwrap();
        let parsed = Event::parse(event).unwrap();
        assert_eq!(
            compiled.matches(&parsed),
            *hit,
            "{why}: {pattern} and {event}"
        );
    }
}

/// Checks rows for the single field `f`: reason, list, value in the event, and whether they match.
fn check_field(table: &[Row]) {
    for (why, list, value, hit) in table {
        let pattern = format!("{{\"f\": {list}}}");
        let event = format!("{{\"f\": {value}}}");
        let compiled = EventPattern::parse(&pattern).unwrap();
        let parsed = Event::parse(&event).unwrap();
        assert_eq!(
            compiled.matches(&parsed),
            *hit,
            "{why}: {pattern} and {event}"
        );
    }
}
