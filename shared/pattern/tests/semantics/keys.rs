//! Repeated keys, keys with dots, and `$or`.

use super::check;

#[test]
fn repeated_keys_count_each_time() {
    check(&[
        (
            "in a rule the last wins",
            r#"{"f": [1], "f": [2]}"#,
            r#"{"f": 2}"#,
            true,
        ),
        (
            "in a rule the first is lost",
            r#"{"f": [1], "f": [2]}"#,
            r#"{"f": 1}"#,
            false,
        ),
        (
            "nested, the last wins",
            r#"{"f": {"g": [1]}, "f": {"g": [2]}}"#,
            r#"{"f": {"g": 1}}"#,
            false,
        ),
        (
            "nested, both fields are asked for",
            r#"{"f": {"g": [1]}, "f": {"h": [2]}}"#,
            r#"{"f": {"h": 2}}"#,
            false,
        ),
        (
            "in an event the first counts",
            r#"{"f": [1]}"#,
            r#"{"f": 1, "f": 2}"#,
            true,
        ),
        (
            "in an event the second counts",
            r#"{"f": [2]}"#,
            r#"{"f": 1, "f": 2}"#,
            true,
        ),
        (
            "and both together",
            r#"{"f": {"g": [1], "h": [2]}}"#,
            r#"{"f": {"g": 1}, "f": {"h": 2}}"#,
            true,
        ),
        (
            "two lists of one name do not bind each other",
            r#"{"f": {"g": [1], "h": [2]}}"#,
            r#"{"f": [{"g": 1}], "f": [{"h": 2}]}"#,
            true,
        ),
        (
            "either of two lists of one name may hold both",
            r#"{"f": {"g": [1], "h": [2], "i": [3]}}"#,
            r#"{"f": [{"g": 1}, {"h": 2, "i": 3}], "f": [{"h": 2}, {"g": 1, "i": 3}]}"#,
            true,
        ),
    ]);
}

#[test]
fn dotted_key_equals_nested_path() {
    check(&[
        (
            "dotted in the rule",
            r#"{"f.g": [1]}"#,
            r#"{"f": {"g": 1}}"#,
            true,
        ),
        (
            "dotted in the event",
            r#"{"f": {"g": [1]}}"#,
            r#"{"f.g": 1}"#,
            true,
        ),
        ("dotted in both", r#"{"f.g": [1]}"#, r#"{"f.g": 1}"#, true),
        (
            "dotted in part",
            r#"{"f.g": {"h": [1]}}"#,
            r#"{"f": {"g.h": 1}}"#,
            true,
        ),
        (
            "too deep",
            r#"{"f": {"g": [1]}}"#,
            r#"{"f.g": {"g": 1}}"#,
            false,
        ),
        (
            "across a list",
            r#"{"f.g": [1]}"#,
            r#"{"f": [{"g": 1}]}"#,
            true,
        ),
        (
            "the later spelling wins",
            r#"{"f": {"g": [1]}, "f.g": [2]}"#,
            r#"{"f.g": 1}"#,
            false,
        ),
        ("an empty key is a key", r#"{"": [1]}"#, r#"{"": 1}"#, true),
        (
            "a dot alone is two empty keys",
            r#"{".": [1]}"#,
            r#"{"": {"": 1}}"#,
            true,
        ),
        (
            "an empty key is not its object",
            r#"{"f": [1]}"#,
            r#"{"f": {"": 1}}"#,
            false,
        ),
    ]);
}

#[test]
fn or_expands_into_alternatives() {
    let or = r#"{"s": [1], "$or": [{"a": [1]}, {"b": [1], "c": [1]}]}"#;
    let two = r#"{"$or": [{"a": [1]}, {"b": [1]}], "d": {"$or": [{"a": [1]}, {"b": [1]}]}}"#;
    let nested = r#"{"$or": [{"a": [1], "$or": [{"b": [1]}, {"c": [1]}]}, {"d": [1]}]}"#;
    check(&[
        ("the first branch", or, r#"{"s": 1, "a": 1}"#, true),
        ("the second branch", or, r#"{"s": 1, "b": 1, "c": 1}"#, true),
        ("half of a branch", or, r#"{"s": 1, "b": 1}"#, false),
        ("a branch without the outer field", or, r#"{"a": 1}"#, false),
        ("outside without a branch", or, r#"{"s": 1}"#, false),
        ("two, both needed", two, r#"{"a": 1, "d": {"b": 1}}"#, true),
        ("two, one missing", two, r#"{"a": 1}"#, false),
        ("inside one another", nested, r#"{"a": 1, "c": 1}"#, true),
        (
            "inside one another, only the outer",
            nested,
            r#"{"a": 1}"#,
            false,
        ),
        (
            "inside one another, the other branch",
            nested,
            r#"{"d": 1}"#,
            true,
        ),
    ]);
}

#[test]
fn last_field_wins_around_or() {
    let before = r#"{"a": [1], "$or": [{"a": [2]}, {"b": [1]}]}"#;
    let after = r#"{"$or": [{"a": [2]}, {"b": [1]}], "a": [1]}"#;
    check(&[
        (
            "the branch replaces the earlier field",
            before,
            r#"{"a": 2}"#,
            true,
        ),
        ("but only in itself", before, r#"{"a": 1, "b": 1}"#, true),
        (
            "the branch drops the earlier field",
            before,
            r#"{"a": 1}"#,
            false,
        ),
        (
            "the later field replaces the branch",
            after,
            r#"{"a": 1}"#,
            true,
        ),
        ("the branch is lost", after, r#"{"a": 2}"#, false),
        (
            "the later field applies to every branch",
            after,
            r#"{"a": 2, "b": 1}"#,
            false,
        ),
    ]);
}

#[test]
fn or_may_be_an_ordinary_field() {
    check(&[
        (
            "an object",
            r#"{"$or": {"a": [1]}}"#,
            r#"{"$or": {"a": 1}}"#,
            true,
        ),
        (
            "a list of values",
            r#"{"$or": ["a", "b"]}"#,
            r#"{"$or": "b"}"#,
            true,
        ),
        (
            "a single object",
            r#"{"$or": [{"prefix": "a"}]}"#,
            r#"{"$or": "ab"}"#,
            true,
        ),
        (
            "objects named like operators",
            r#"{"$or": [{"prefix": "a"}, {"suffix": "b"}]}"#,
            r#"{"$or": "cb"}"#,
            true,
        ),
        (
            "values beside objects",
            r#"{"$or": [{"prefix": "a"}, "b"]}"#,
            r#"{"$or": "b"}"#,
            true,
        ),
    ]);
}
