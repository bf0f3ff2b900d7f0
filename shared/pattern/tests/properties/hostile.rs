//! Untrusted text is accepted or refused, without panics and in bounded time.

use pattern::{Event, EventPattern};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::generate::{event, pattern_object};

const TOKENS: [&str; 44] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "{\"a\":",
    "[{",
    "}]",
    "\"a\"",
    "\"$or\":",
    "$or",
    "\\",
    "\\u",
    "\\ud83d",
    "*",
    "**",
    "true",
    "null",
    "0",
    "-",
    "1e400",
    ".",
    "é",
    "🚀",
    "\u{0}",
    " ",
    "\"prefix\":",
    "\"suffix\":",
    "\"exists\":",
    "\"numeric\":",
    "\">\"",
    "\"<\"",
    "\"=\"",
    "\"anything-but\":",
    "\"equals-ignore-case\":",
    "\"wildcard\":",
    "\"cidr\":",
    "\"10.0.0.0/8\"",
    "\"::/0\"",
    "/",
    "\"exactly\":",
    "\n",
];

/// Deletes or replaces some characters of a JSON text.
fn damaged(text: String, damage: Vec<(prop::sample::Index, &'static str)>) -> String {
    let mut characters: Vec<String> = text.chars().map(String::from).collect();
    for (at, token) in damage {
        if !characters.is_empty() {
            let at = at.index(characters.len());
            characters.splice(at..=at, [token.to_owned()]);
        }
    }
    characters.concat()
}

fn damage() -> impl Strategy<Value = Vec<(prop::sample::Index, &'static str)>> {
    vec((any::<prop::sample::Index>(), select(&TOKENS)), 0..6)
}

fn stranger() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        vec(select(&TOKENS), 0..40).prop_map(|tokens| tokens.concat()),
        (pattern_object(), damage()).prop_map(|(p, damage)| damaged(p.to_string(), damage)),
        (event(), damage()).prop_map(|(e, damage)| damaged(e.to_string(), damage)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3_000) })]

    #[test]
    fn parsing_never_panics(pattern in stranger(), event in stranger()) {
        let event = Event::parse(&event);
        match EventPattern::parse(&pattern) {
            Ok(pattern) => {
                if let Ok(event) = event {
                    pattern.matches(&event);
                }
            }
            Err(refused) => {
                prop_assert!(refused.to_string().starts_with("Event pattern is not valid. Reason: "));
            }
        }
    }
}

fn refused(pattern: &str) -> bool {
    EventPattern::parse(pattern).is_err()
}

#[test]
fn nesting_depth_is_bounded() {
    let deep = |levels: usize| format!("{}[1]{}", "{\"\":".repeat(levels), "}".repeat(levels));
    let pattern = EventPattern::parse(&deep(818)).unwrap();
    let event = Event::parse(&deep(818)).unwrap();
    assert!(pattern.matches(&event), "as deep as a pattern can be");
    assert!(refused(&deep(819)), "longer than a pattern may be");
    assert!(
        Event::parse(&deep(999)).is_ok(),
        "as deep as an event can be"
    );
    assert!(Event::parse(&deep(1_000)).is_err(), "one deeper");
    assert!(Event::parse(&deep(100_000)).is_err(), "far deeper");

    let (open, close) = ("[".repeat(998), "]".repeat(998));
    let event = format!(r#"{{"a":{open}{{"x":1,"y":1}}{close}}}"#);
    let event = Event::parse(&event).unwrap();
    let pattern = EventPattern::parse(r#"{"a":{"x":[1],"y":[1]}}"#).unwrap();
    assert!(
        pattern.matches(&event),
        "two fields, as deep in arrays as an event can be"
    );
}

#[test]
fn or_is_bounded() {
    let or = |ways: usize, times: usize| {
        let branches: Vec<String> = (0..ways).map(|way| format!(r#"{{"{way}":[1]}}"#)).collect();
        let or = format!(r#""$or":[{}]"#, branches.join(","));
        format!("{{{}}}", vec![or; times].join(","))
    };
    assert!(!refused(&or(10, 3)), "a thousand combinations");
    assert!(refused(&or(2, 10)), "1,024 combinations");
    assert!(refused(&or(2, 100)), "2^100 combinations");
    let inside = format!(
        "{}{{\"x\":[1]}},{{\"y\":[1]}}{}",
        "{\"$or\":[{\"a\":[1]},".repeat(150),
        "]}".repeat(150)
    );
    assert!(!refused(&inside), "one inside the other only adds up");
}

#[test]
fn wildcards_are_bounded() {
    let list = |count: usize, glob: &str| {
        let entries: Vec<String> = (0..count)
            .map(|n| format!(r#"{{"wildcard":"{}"}}"#, glob.replace('N', &n.to_string())))
            .collect();
        format!(r#"{{"a":[{}]}}"#, entries.join(","))
    };
    assert!(
        !refused(&list(3, "*:stack/N/*")),
        "three of these AWS takes"
    );
    assert!(refused(&list(4, "*:stack/N/*")), "and four it does not");
    assert!(refused(&list(100, "N*N*N*N")), "a hundred");
    let long = format!(
        r#"{{"a":[{{"wildcard":"*{}*"}}]}}"#,
        "0123456789".repeat(300)
    );
    EventPattern::parse(&long).unwrap_err();
}

#[test]
fn search_over_repeated_keys_is_bounded() {
    // Assigning each field to an element of 40 equal arrays would need all combinations.
    let array = |n: usize| format!(r#""a":[{{"f{n}":1,"g{n}":1}},{{"f{n}":1,"h{n}":1}}]"#);
    let twice: Vec<String> = (0..20).flat_map(|n| [array(n), array(n)]).collect();
    let event = Event::parse(&format!("{{{}}}", twice.join(","))).unwrap();
    let fields: Vec<String> = (0..20)
        .flat_map(|n| ["f", "g", "h"].map(|name| format!(r#""{name}{n}":[1]"#)))
        .chain([r#""none":[1,{"exists":false}]"#.to_owned()])
        .collect();
    let pattern = EventPattern::parse(&format!("{{\"a\":{{{}}}}}", fields.join(","))).unwrap();
    pattern.matches(&event);
}

fn check(event: &Event, table: &[(&str, &str, bool)]) {
    for (why, pattern, hit) in table {
        let pattern = EventPattern::parse(pattern).unwrap();
        assert_eq!(pattern.matches(event), *hit, "{why}");
    }
}

#[test]
fn search_over_repeated_lists_is_bounded() {
    let list = |element: &str| format!(r#""a":[{}]"#, vec![element; 20_000].join(","));
    let event = [
        list(r#"{"f":1,"g":1}"#),
        list(r#"{"g":1,"h":1}"#),
        list(r#"{"f":1,"h":1}"#),
    ];
    let event = Event::parse(&format!("{{{}}}", event.join(","))).unwrap();
    check(
        &event,
        &[
            ("one from each", r#"{"a":{"f":[1],"g":[1],"h":[1]}}"#, true),
            (
                "one that none has",
                r#"{"a":{"f":[1],"g":[1],"h":[1],"i":[1]}}"#,
                false,
            ),
        ],
    );
}

#[test]
fn large_events_match_in_linear_time() {
    let element = r#"{"k":[{"x":1},{"x":2}],"l":[{"y":1},{"y":2}]}"#;
    let event = format!(r#"{{"a":[{}]}}"#, vec![element; 5_000].join(","));
    let event = Event::parse(&event).unwrap();
    check(
        &event,
        &[
            (
                "from two arrays of one element",
                r#"{"a":{"k":{"x":[2]},"l":{"y":[2]}}}"#,
                true,
            ),
            (
                "one of them has no such value",
                r#"{"a":{"k":{"x":[2]},"l":{"y":[3]}}}"#,
                false,
            ),
        ],
    );
    let long_key = "k".repeat(100_000);
    let leaves: Vec<String> = (0..20_000).map(|n| format!("\"{n}\":{n}")).collect();
    let event = format!("{{\"{long_key}\":{{{}}}}}", leaves.join(","));
    assert!(
        Event::parse(&event).is_ok(),
        "a long key above many values is kept once"
    );
}
