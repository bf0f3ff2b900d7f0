//! Plain values and numbers.

use super::{check, check_field};

#[test]
fn values_match_by_type_and_case() {
    check_field(&[
        ("the text", r#"["a"]"#, r#""a""#, true),
        ("one of several", r#"["a", "b"]"#, r#""b""#, true),
        ("none of several", r#"["a", "b"]"#, r#""c""#, false),
        ("case counts", r#"["a"]"#, r#""A""#, false),
        ("only the whole text", r#"["a"]"#, r#""ab""#, false),
        ("the empty text", r#"[""]"#, r#""""#, true),
        (
            "escapes are only a spelling",
            r#"["\u0061\/"]"#,
            r#""a/""#,
            true,
        ),
        (
            "a character beyond 16 bits",
            r#"["\ud83d\ude80"]"#,
            r#""🚀""#,
            true,
        ),
        ("no normalisation", r#"["é"]"#, r#""e\u0301""#, false),
        ("true", "[true]", "true", true),
        ("true is not false", "[true]", "false", false),
        ("true is not its text", "[true]", r#""true""#, false),
        ("a text is not the truth", r#"["true"]"#, "true", false),
        ("null", "[null]", "null", true),
        ("null is not its text", "[null]", r#""null""#, false),
        ("null is not nothing", "[null]", "[]", false),
        ("null is not false", "[null]", "false", false),
        ("a number is not its text", "[1]", r#""1""#, false),
        ("a text is not a number", r#"["1"]"#, "1", false),
        ("one is not true", "[1]", "true", false),
        ("an object is no value", r#"["a"]"#, r#"{"a": "a"}"#, false),
        ("text of JSON is a text", r#"["a"]"#, r#""[\"a\"]""#, false),
        (
            "exactly, spelled out",
            r#"[{"exactly": "a"}]"#,
            r#""a""#,
            true,
        ),
        (
            "exactly, and nothing else",
            r#"[{"exactly": "a"}]"#,
            r#""ab""#,
            false,
        ),
    ]);
}

#[test]
fn all_fields_must_match() {
    let event = r#"{"source": "forge", "detail-type": "asked", "detail": {"state": "open"}}"#;
    check(&[
        ("one field", r#"{"source": ["forge"]}"#, event, true),
        (
            "two fields",
            r#"{"source": ["forge"], "detail-type": ["asked"]}"#,
            event,
            true,
        ),
        (
            "one of two",
            r#"{"source": ["forge"], "detail-type": ["told"]}"#,
            event,
            false,
        ),
        (
            "a nested field",
            r#"{"detail": {"state": ["open"]}}"#,
            event,
            true,
        ),
        ("at another level", r#"{"state": ["open"]}"#, event, false),
        (
            "a field that is not there",
            r#"{"region": ["eu"]}"#,
            event,
            false,
        ),
        (
            "a key's case counts",
            r#"{"Source": ["forge"]}"#,
            event,
            false,
        ),
        (
            "below a value there is nothing",
            r#"{"source": {"x": ["forge"]}}"#,
            event,
            false,
        ),
        (
            "an event without fields",
            r#"{"source": ["forge"]}"#,
            "{}",
            false,
        ),
    ]);
}

#[test]
fn address_texts_compare_as_addresses() {
    check_field(&[
        ("as written", r#"["10.0.0.1"]"#, r#""10.0.0.1""#, true),
        ("with zeros", r#"["10.0.0.1"]"#, r#""10.00.0.001""#, true),
        (
            "IPv6, shortened",
            r#"["2001:db8::1"]"#,
            r#""2001:0db8:0:0:0:0:0:1""#,
            true,
        ),
        ("another address", r#"["10.0.0.1"]"#, r#""10.0.0.2""#, false),
        (
            "almost an address is a text",
            r#"["10.0.0.256"]"#,
            r#""10.0.0.0256""#,
            false,
        ),
        (
            "exactly means the text",
            r#"[{"exactly": "::1"}]"#,
            r#""0::1""#,
            false,
        ),
    ]);
}

#[test]
fn numbers_compare_by_value() {
    check_field(&[
        ("with a fraction of nothing", "[300]", "300.0", true),
        ("with an exponent", "[300]", "3.0e2", true),
        ("the other way round", "[3E+2]", "300", true),
        ("minus nothing", "[0]", "-0", true),
        ("another number", "[300]", "300.1", false),
        (
            "2^53 + 1 is no double, and not 2^53",
            "[9007199254740993]",
            "9007199254740992",
            false,
        ),
        (
            "2^53 + 1 is itself",
            "[9007199254740993]",
            "9007199254740993",
            true,
        ),
        ("beyond a double, as text", "[1e400]", "1e400", true),
        ("beyond a double, another text", "[1e400]", "1E400", false),
        (
            "more digits than a double has",
            "[0.1]",
            "0.10000000000000001",
            false,
        ),
    ]);
}

#[test]
fn numeric_compares_numbers() {
    check_field(&[
        ("equal", r#"[{"numeric": ["=", 3.018e2]}]"#, "301.8", true),
        ("not equal", r#"[{"numeric": ["=", 1]}]"#, "2", false),
        ("less", r#"[{"numeric": ["<", 5]}]"#, "4.999", true),
        (
            "less is not equal",
            r#"[{"numeric": ["<", 5]}]"#,
            "5.0",
            false,
        ),
        ("less or equal", r#"[{"numeric": ["<=", 5]}]"#, "5", true),
        (
            "not less or equal",
            r#"[{"numeric": ["<=", 5]}]"#,
            "5.001",
            false,
        ),
        ("greater", r#"[{"numeric": [">", -5]}]"#, "-4", true),
        (
            "greater is not equal",
            r#"[{"numeric": [">", -5]}]"#,
            "-5",
            false,
        ),
        (
            "greater or equal",
            r#"[{"numeric": [">=", 5]}]"#,
            "5e0",
            true,
        ),
        (
            "not greater or equal",
            r#"[{"numeric": [">=", 5]}]"#,
            "4",
            false,
        ),
        (
            "between, lower end out",
            r#"[{"numeric": [">", 0, "<=", 5]}]"#,
            "0",
            false,
        ),
        (
            "between, upper end in",
            r#"[{"numeric": [">", 0, "<=", 5]}]"#,
            "5",
            true,
        ),
        (
            "between, lower end in",
            r#"[{"numeric": [">=", 0, "<", 5]}]"#,
            "0",
            true,
        ),
        (
            "between, upper end out",
            r#"[{"numeric": [">=", 0, "<", 5]}]"#,
            "5",
            false,
        ),
        (
            "a text is no number",
            r#"[{"numeric": [">", 0]}]"#,
            r#""1""#,
            false,
        ),
        (
            "null is no number",
            r#"[{"numeric": ["<=", 0]}]"#,
            "null",
            false,
        ),
        (
            "true is no number",
            r#"[{"numeric": ["=", 1]}]"#,
            "true",
            false,
        ),
        (
            "a number that no double holds is never compared",
            r#"[{"numeric": [">", 0]}]"#,
            "1e400",
            false,
        ),
        (
            "2^53 + 1 is never compared",
            r#"[{"numeric": [">", 0]}]"#,
            "9007199254740993",
            false,
        ),
        (
            "digits that a double drops are never compared",
            r#"[{"numeric": ["<", 1]}]"#,
            "1e-400",
            false,
        ),
    ]);
}
