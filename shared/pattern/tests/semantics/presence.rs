//! `exists` and `anything-but`: presence of a value, and values other than the excluded ones.

use super::{check, check_field};

#[test]
fn exists_tests_for_leaf_values() {
    let yes = r#"{"f": [{"exists": true}]}"#;
    let no = r#"{"f": [{"exists": false}]}"#;
    let below = r#"{"f": {"g": [{"exists": false}]}}"#;
    check(&[
        ("a value", yes, r#"{"f": 1}"#, true),
        ("null is a value", yes, r#"{"f": null}"#, true),
        ("the empty text is a value", yes, r#"{"f": ""}"#, true),
        ("a list with a value", yes, r#"{"f": [1]}"#, true),
        ("no such key", yes, r#"{"g": 1}"#, false),
        ("an empty list is nothing", yes, r#"{"f": []}"#, false),
        ("an empty object is nothing", yes, r#"{"f": {}}"#, false),
        (
            "an object is nothing itself",
            yes,
            r#"{"f": {"g": 1}}"#,
            false,
        ),
        (
            "a list of objects is nothing itself",
            yes,
            r#"{"f": [{"g": 1}]}"#,
            false,
        ),
        ("absent", no, r#"{"g": 1}"#, true),
        ("absent from an event without fields", no, "{}", true),
        ("an empty list is absent", no, r#"{"f": []}"#, true),
        ("an object is absent", no, r#"{"f": {"g": 1}}"#, true),
        ("null is not absent", no, r#"{"f": null}"#, false),
        ("absent below a value", below, r#"{"f": 1}"#, true),
        (
            "one element has it",
            below,
            r#"{"f": [{"h": 1}, {"g": 1}]}"#,
            false,
        ),
        (
            "no element has it",
            below,
            r#"{"f": [{"h": 1}, {"i": 1}]}"#,
            true,
        ),
    ]);
    check(&[
        (
            "absent, or else this value",
            r#"{"f": ["a", {"exists": false}]}"#,
            r#"{"f": "a"}"#,
            true,
        ),
        (
            "absent, or else this value",
            r#"{"f": ["a", {"exists": false}]}"#,
            "{}",
            true,
        ),
        (
            "absent, or else this value",
            r#"{"f": ["a", {"exists": false}]}"#,
            r#"{"f": "b"}"#,
            false,
        ),
        (
            "one element has it, though not the one of the other field",
            r#"{"f": {"g": [{"exists": false}], "h": [1]}}"#,
            r#"{"f": [{"h": 1}, {"g": 1}]}"#,
            false,
        ),
    ]);
}

#[test]
fn anything_but_requires_a_value() {
    check_field(&[
        ("another text", r#"[{"anything-but": "a"}]"#, r#""b""#, true),
        ("this text", r#"[{"anything-but": "a"}]"#, r#""a""#, false),
        (
            "a list of texts",
            r#"[{"anything-but": ["a", "b"]}]"#,
            r#""b""#,
            false,
        ),
        (
            "none of a list",
            r#"[{"anything-but": ["a", "b"]}]"#,
            r#""c""#,
            true,
        ),
        (
            "this number in another spelling",
            r#"[{"anything-but": 1}]"#,
            "1.0",
            false,
        ),
        (
            "a list of numbers",
            r#"[{"anything-but": [1, 2]}]"#,
            "3",
            true,
        ),
        ("another type", r#"[{"anything-but": 1}]"#, r#""1""#, true),
        (
            "null is another type",
            r#"[{"anything-but": "a"}]"#,
            "null",
            true,
        ),
        (
            "a number that no double holds",
            r#"[{"anything-but": 1}]"#,
            "1e400",
            true,
        ),
        (
            "one element that is not excluded",
            r#"[{"anything-but": "a"}]"#,
            r#"["a", "b"]"#,
            true,
        ),
        (
            "all elements excluded",
            r#"[{"anything-but": "a"}]"#,
            r#"["a", "a"]"#,
            false,
        ),
        (
            "an empty list has no value",
            r#"[{"anything-but": "a"}]"#,
            "[]",
            false,
        ),
        (
            "an object has no value",
            r#"[{"anything-but": "a"}]"#,
            r#"{"g": "b"}"#,
            false,
        ),
        (
            "a beginning",
            r#"[{"anything-but": {"prefix": "in"}}]"#,
            r#""init""#,
            false,
        ),
        (
            "another beginning",
            r#"[{"anything-but": {"prefix": "in"}}]"#,
            r#""post-in""#,
            true,
        ),
        (
            "one of the beginnings",
            r#"[{"anything-but": {"prefix": ["a", "b"]}}]"#,
            r#""bc""#,
            false,
        ),
        (
            "a number has no beginning",
            r#"[{"anything-but": {"prefix": "1"}}]"#,
            "12",
            true,
        ),
        (
            "an end",
            r#"[{"anything-but": {"suffix": ".rs"}}]"#,
            r#""a.rs""#,
            false,
        ),
        (
            "none of the ends",
            r#"[{"anything-but": {"suffix": [".rs", ".md"]}}]"#,
            r#""a.py""#,
            true,
        ),
        (
            "ignoring case",
            r#"[{"anything-but": {"equals-ignore-case": "É"}}]"#,
            r#""é""#,
            false,
        ),
        (
            "a list ignoring case",
            r#"[{"anything-but": {"equals-ignore-case": ["a", "b"]}}]"#,
            r#""c""#,
            true,
        ),
        (
            "a wildcard",
            r#"[{"anything-but": {"wildcard": "*/lib/*"}}]"#,
            r#""a/lib/b""#,
            false,
        ),
        (
            "none of the wildcards",
            r#"[{"anything-but": {"wildcard": ["*/lib/*", "a*"]}}]"#,
            r#""b""#,
            true,
        ),
        (
            "null fits no wildcard",
            r#"[{"anything-but": {"wildcard": "*"}}]"#,
            "null",
            true,
        ),
    ]);
    check(&[(
        "no value at all",
        r#"{"f": [{"anything-but": "a"}]}"#,
        "{}",
        false,
    )]);
}
