//! Rules of one bus: lookup by exact values, and the bus's limits.

#![expect(
    clippy::unwrap_used,
    reason = "a pattern that does not parse fails the test, as it should"
)]

use pattern::{Event, EventPattern, Lint, RuleSet};

fn pattern(text: &str) -> EventPattern {
    EventPattern::parse(text).unwrap()
}

#[test]
fn rules_match_in_insertion_order() {
    let mut rules = RuleSet::new();
    for (name, text) in [
        ("any asked", r#"{"detail-type": ["asked"]}"#),
        ("everything", r#"{"source": [{"prefix": ""}]}"#),
        (
            "asked or answered",
            r#"{"detail-type": ["told", "asked"], "source": ["forge"]}"#,
        ),
        (
            "either",
            r#"{"$or": [{"detail-type": ["asked"]}, {"source": ["mill"]}]}"#,
        ),
        ("nothing there", r#"{"detail-type": [{"exists": false}]}"#),
        ("label", r#"{"detail": {"labels": ["bug"]}}"#),
    ] {
        rules.insert(pattern(text), name);
    }
    let table: [(&str, &str, &[&str]); 6] = [
        (
            "by the exact value, and by looking",
            r#"{"source": "forge", "detail-type": "asked"}"#,
            &["any asked", "everything", "asked or answered", "either"],
        ),
        (
            "by the exact value, but not the other field",
            r#"{"source": "mill", "detail-type": "told"}"#,
            &["everything", "either"],
        ),
        (
            "by one of the event's elements",
            r#"{"detail-type": "x", "detail": {"labels": ["easy", "bug", "bug"]}}"#,
            &["label"],
        ),
        (
            "each rule once, though two values find it",
            r#"{"source": "forge", "detail-type": ["asked", "told"]}"#,
            &["any asked", "everything", "asked or answered", "either"],
        ),
        ("by an absent field", "{}", &["nothing there"]),
        ("by nothing", r#"{"detail-type": "x"}"#, &[]),
    ];
    for (why, event, expected) in table {
        let event = Event::parse(event).unwrap();
        let found: Vec<&str> = rules.matching(&event).copied().collect();
        assert_eq!(found, expected, "{why}");
    }
}

#[test]
fn bus_allows_thirty_wildcard_rules() {
    let own = pattern(r#"{"f": [{"wildcard": "a*"}]}"#);
    let inside = pattern(r#"{"f": [{"anything-but": {"wildcard": "a*"}}]}"#);
    let without = pattern(r#"{"f": [{"prefix": "a*"}]}"#);
    let rules = |count: usize| {
        let with = [&own, &inside].into_iter().cycle().take(count);
        with.chain(std::iter::repeat_n(&without, 100))
    };
    let lint = |count| pattern::lint(rules(count).map(|pattern| ("rule", pattern)));
    assert_eq!(lint(30), [], "thirty, among many without");
    let expected = Lint::TooManyWildcardRules {
        rules: vec!["rule".to_owned(); 31],
        limit: 30,
    };
    assert_eq!(lint(31), [expected], "one more");
}

#[test]
fn pattern_keeps_its_text() {
    let text = r#"{ "f": [1.0] }"#;
    assert_eq!(pattern(text).as_str(), text, "not normalised");
    assert_eq!(pattern(text).to_string(), text, "nor when shown");
    assert_eq!(
        text.parse::<EventPattern>().unwrap().as_str(),
        text,
        "nor when read by parse"
    );
}

#[test]
fn events_other_than_objects_are_refused() {
    let table = [
        ("a list", "[]", "the event is not a JSON object"),
        ("a text", r#""{}""#, "the event is not a JSON object"),
        (
            "no JSON",
            "{",
            "the event is not JSON: a key in quotes is expected at line 1, column 2",
        ),
    ];
    for (why, event, words) in table {
        assert_eq!(
            Event::parse(event).unwrap_err().to_string(),
            words,
            "{why}: {event}"
        );
    }
    let nothing = Event::from_value(&serde_json::json!(["f"]));
    assert!(
        pattern(r#"{"f": [{"exists": false}]}"#).matches(&nothing),
        "no object, no fields"
    );
}
