//! Patterns that AWS refuses, with its messages.

use pattern::EventPattern;

const TOO_COMPLEX: &str = "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character";

/// Checks rows of reason, pattern, and the text after `Event pattern is not valid. Reason: `.
fn check(table: &[(&str, &str, &str)]) {
    for (why, pattern, reason) in table {
        let refused = EventPattern::parse(pattern).map(drop).unwrap_err();
        let words = format!("Event pattern is not valid. Reason: {reason}");
        assert_eq!(refused.to_string(), words, "{why}: {pattern}");
    }
}

/// Checks the same for the list of one field.
fn check_list(table: &[(&str, &str, &str)]) {
    for (why, list, reason) in table {
        check(&[(why, &format!("{{\"f\": {list}}}"), reason)]);
    }
}

#[test]
fn patterns_nest_objects_down_to_lists() {
    check(&[
        ("not an object", r#"["a"]"#, "Filter is not an object"),
        (
            "a value without a list",
            r#"{"f": "a"}"#,
            r#""f" must be an object or an array"#,
        ),
        (
            "nested",
            r#"{"f": {"g": 1}}"#,
            r#""g" must be an object or an array"#,
        ),
        (
            "null",
            r#"{"f": null}"#,
            r#""f" must be an object or an array"#,
        ),
        ("nothing asked", "{}", "Empty objects are not allowed"),
        (
            "nothing asked of a field",
            r#"{"f": {}}"#,
            "Empty objects are not allowed",
        ),
        ("no values", r#"{"f": []}"#, "Empty arrays are not allowed"),
        (
            "a list inside a list",
            r#"{"f": [["a"]]}"#,
            "Match value must be String, number, true, false, or null",
        ),
        (
            "only the first mistake is reported",
            r#"{"f": [], "g": 1}"#,
            "Empty arrays are not allowed",
        ),
        (
            "no JSON",
            r#"{"f": [1}"#,
            "not JSON: a comma or a closing bracket is missing at line 1, column 9",
        ),
        (
            "nothing",
            "",
            "not JSON: the text ends early at line 1, column 1",
        ),
    ]);
    let long = format!(r#"{{"f": ["{}"]}}"#, "a".repeat(4_096));
    check(&[("too long for AWS", &long, "longer than 4096 characters")]);
    let long = format!(r#"{{"f": ["{}"]}}"#, "é".repeat(4_085));
    assert!(
        EventPattern::parse(&long).is_ok(),
        "characters are counted, not bytes"
    );
}

#[test]
fn match_object_has_one_operator() {
    check_list(&[
        (
            "unknown",
            r#"[{"regex": "a"}]"#,
            "Unrecognized match type regex",
        ),
        (
            "in upper case",
            r#"[{"PREFIX": "a"}]"#,
            "Unrecognized match type PREFIX",
        ),
        ("none", "[{}]", "Match expression name not found"),
        (
            "two",
            r#"[{"prefix": "a", "suffix": "b"}]"#,
            "Only one key allowed in match expression",
        ),
        (
            "two, one of them numeric",
            r#"[{"numeric": ["=", 1], "exists": true}]"#,
            "Too many elements in numeric expression",
        ),
        (
            "exactly takes a text",
            r#"[{"exactly": 1}]"#,
            "exact match pattern must be a string",
        ),
        (
            "prefix takes a text",
            r#"[{"prefix": 1}]"#,
            "prefix match pattern must be a string",
        ),
        (
            "suffix takes no list",
            r#"[{"suffix": ["a"]}]"#,
            "suffix match pattern must be a string",
        ),
        (
            "prefix of what",
            r#"[{"prefix": {"wildcard": "a"}}]"#,
            "Unsupported prefix pattern: wildcard",
        ),
        (
            "suffix of nothing",
            r#"[{"suffix": {}}]"#,
            "Suffix expression name not found",
        ),
        (
            "inside prefix, a text",
            r#"[{"prefix": {"equals-ignore-case": ["a"]}}]"#,
            "equals-ignore-case match pattern must be a string",
        ),
        (
            "inside suffix, one operator",
            r#"[{"suffix": {"equals-ignore-case": "a", "b": 1}}]"#,
            "Only one key allowed in match expression",
        ),
        (
            "equals-ignore-case takes a text",
            r#"[{"equals-ignore-case": null}]"#,
            "equals-ignore-case match pattern must be a string",
        ),
        (
            "exists is true or false",
            r#"[{"exists": "true"}]"#,
            "exists match pattern must be either true or false.",
        ),
        (
            "wildcard takes a text",
            r#"[{"wildcard": 1}]"#,
            "wildcard match pattern must be a string",
        ),
        (
            "two stars",
            r#"[{"wildcard": "é:**"}]"#,
            "Consecutive wildcard characters at pos 4",
        ),
        (
            "an unknown escape",
            r#"[{"wildcard": "a\\b"}]"#,
            "Invalid escape character at pos 2",
        ),
        (
            "cidr takes a text",
            r#"[{"cidr": 1}]"#,
            "prefix match pattern must be a string",
        ),
        (
            "no mask",
            r#"[{"cidr": "10.0.0.0"}]"#,
            "Malformed CIDR, one '/' required",
        ),
        (
            "no number",
            r#"[{"cidr": "10.0.0.0/x"}]"#,
            "Malformed CIDR, mask bits must be an integer",
        ),
        (
            "one IPv4 address",
            r#"[{"cidr": "10.0.0.0/32"}]"#,
            "IPv4 mask bits must be < 32",
        ),
        (
            "one IPv6 address",
            r#"[{"cidr": "::1/128"}]"#,
            "IPv6 mask bits must be < 128",
        ),
        (
            "no address",
            r#"[{"cidr": "host/8"}]"#,
            "Nonstandard IP address: host",
        ),
    ]);
}

#[test]
fn numeric_is_a_comparison_or_range() {
    check_list(&[
        (
            "no list",
            r#"[{"numeric": 1}]"#,
            "Value of numeric must be an array.",
        ),
        (
            "empty",
            r#"[{"numeric": []}]"#,
            "Invalid member in numeric match: ]",
        ),
        (
            "a number first",
            r#"[{"numeric": [1]}]"#,
            "Invalid member in numeric match: 1",
        ),
        (
            "unknown",
            r#"[{"numeric": ["!=", 1]}]"#,
            "Unrecognized numeric range operator: !=",
        ),
        (
            "no number",
            r#"[{"numeric": ["=", "1"]}]"#,
            "Value of equals must be numeric",
        ),
        (
            "nothing to compare with",
            r#"[{"numeric": [">="]}]"#,
            "Value of >= must be numeric",
        ),
        (
            "upper bound first",
            r#"[{"numeric": ["<", 5, ">", 1]}]"#,
            "Too many elements in numeric expression",
        ),
        (
            "two lower bounds",
            r#"[{"numeric": [">", 0, ">=", 1]}]"#,
            "Bad numeric range operator: >=",
        ),
        (
            "no second operator",
            r#"[{"numeric": [">", 0, 5]}]"#,
            "Bad value in numeric range: 5",
        ),
        (
            "no upper number",
            r#"[{"numeric": [">", 0, "<"]}]"#,
            "Value of < must be numeric",
        ),
        (
            "three bounds",
            r#"[{"numeric": [">", 0, "<", 5, "<"]}]"#,
            "Too many terms in numeric range expression",
        ),
        (
            "upside down",
            r#"[{"numeric": [">", 5, "<", 1]}]"#,
            "Bottom must be less than top",
        ),
        (
            "nothing between",
            r#"[{"numeric": [">=", 5, "<=", 5.0]}]"#,
            "Bottom must be less than top",
        ),
        (
            "no double",
            r#"[{"numeric": ["=", 1e400]}]"#,
            "Cannot compare number : 1e400",
        ),
    ]);
}

#[test]
fn anything_but_takes_one_kind() {
    const VALUE: &str = "Value of anything-but must be an array or single string/number value.";
    const LIST: &str = "Inside anything but list, start|null|boolean is not supported.";
    const MIXED: &str = "Inside anything but list, either all values are number or string, mixed type is not supported";
    const AFFIX: &str = "prefix/suffix match pattern must be a string";
    check_list(&[
        ("null", r#"[{"anything-but": null}]"#, VALUE),
        ("true", r#"[{"anything-but": true}]"#, VALUE),
        ("null in a list", r#"[{"anything-but": ["a", null]}]"#, LIST),
        (
            "an object in a list",
            r#"[{"anything-but": [{"prefix": "a"}]}]"#,
            LIST,
        ),
        (
            "texts and numbers",
            r#"[{"anything-but": ["a", 1]}]"#,
            MIXED,
        ),
        ("an empty list", r#"[{"anything-but": []}]"#, MIXED),
        (
            "no operator",
            r#"[{"anything-but": {}}]"#,
            "Anything-But expression name not found",
        ),
        (
            "unknown",
            r#"[{"anything-but": {"cidr": "::/0"}}]"#,
            "Unsupported anything-but pattern: cidr",
        ),
        (
            "two operators",
            r#"[{"anything-but": {"prefix": "a", "suffix": "b"}}]"#,
            "Too many elements in numeric expression",
        ),
        (
            "nothing begins everything",
            r#"[{"anything-but": {"prefix": ""}}]"#,
            "Null prefix/suffix not allowed",
        ),
        (
            "also in a list",
            r#"[{"anything-but": {"suffix": ["a", ""]}}]"#,
            "Null prefix/suffix not allowed",
        ),
        (
            "a number is no beginning",
            r#"[{"anything-but": {"prefix": 1}}]"#,
            AFFIX,
        ),
        (
            "null in a list of ends",
            r#"[{"anything-but": {"suffix": [null]}}]"#,
            AFFIX,
        ),
        (
            "deeper it does not go",
            r#"[{"anything-but": {"prefix": {"equals-ignore-case": "a"}}}]"#,
            VALUE,
        ),
        (
            "a number has no case",
            r#"[{"anything-but": {"equals-ignore-case": 1}}]"#,
            "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
        ),
        (
            "a number is no wildcard",
            r#"[{"anything-but": {"wildcard": [1]}}]"#,
            "wildcard match pattern must be a string",
        ),
        (
            "two stars",
            r#"[{"anything-but": {"wildcard": "**"}}]"#,
            "Consecutive wildcard characters at pos 1",
        ),
        (
            "no double",
            r#"[{"anything-but": 9007199254740993}]"#,
            "Cannot compare number : 9007199254740993",
        ),
    ]);
}

#[test]
fn malformed_or_is_refused() {
    check(&[
        (
            "a single branch makes it a field",
            r#"{"$or": [{"a": [1]}]}"#,
            "Unrecognized match type a",
        ),
        (
            "an operator's name makes it a field",
            r#"{"$or": [{"prefix": "a"}, {"b": [1]}]}"#,
            "Unrecognized match type b",
        ),
        (
            "an empty branch",
            r#"{"$or": [{"a": [1]}, {}]}"#,
            "Empty objects are not allowed",
        ),
        (
            "a branch without a list",
            r#"{"$or": [{"a": 1}, {"b": [1]}]}"#,
            r#""a" must be an object or an array"#,
        ),
        (
            "no list",
            r#"{"$or": 1}"#,
            r#""$or" must be an object or an array"#,
        ),
    ]);
}

#[test]
fn complex_wildcards_are_refused() {
    check(&[
        (
            "many stars",
            r#"{"f": [{"wildcard": "*:*:*:*:*:event-bus/*"}]}"#,
            TOO_COMPLEX,
        ),
        (
            "one sequence again and again",
            r#"{"f": [{"wildcard": "*aaaaaaaaaa"}]}"#,
            TOO_COMPLEX,
        ),
        (
            "inside anything-but",
            r#"{"f": [{"anything-but": {"wildcard": "*aaaaaaaaaa"}}]}"#,
            TOO_COMPLEX,
        ),
        (
            "several on one path, in different branches",
            r#"{"$or": [{"f": [{"wildcard": "*aaaaa*"}]}, {"f": [{"wildcard": "*aaaaaa*"}]}]}"#,
            TOO_COMPLEX,
        ),
    ]);
    let apart = r#"{"f": [{"wildcard": "*aaaaa*"}], "g": [{"wildcard": "*aaaaaa*"}]}"#;
    assert!(
        EventPattern::parse(apart).is_ok(),
        "each path is weighed by itself"
    );
    let replaced = r#"{"f": [{"wildcard": "*aaaaaaaaaa"}], "f": ["a"]}"#;
    assert!(
        EventPattern::parse(replaced).is_ok(),
        "an overwritten field adds no complexity"
    );
}
