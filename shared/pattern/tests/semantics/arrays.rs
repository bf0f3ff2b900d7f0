//! Arrays match element by element; fields named together come from the same element.

use super::{check, check_field};

#[test]
fn one_matching_element_is_enough() {
    check_field(&[
        ("one of the elements", r#"["b"]"#, r#"["a", "b"]"#, true),
        ("none of the elements", r#"["c"]"#, r#"["a", "b"]"#, false),
        (
            "several values, several elements",
            r#"["c", "b"]"#,
            r#"["a", "b"]"#,
            true,
        ),
        (
            "arrays inside arrays are flat",
            r#"["c"]"#,
            r#"["a", ["b", ["c"]]]"#,
            true,
        ),
        ("mixed types", "[null]", r#"["a", 1, null]"#, true),
        ("an empty list has no elements", "[null]", "[]", false),
        (
            "an operator looks at each element",
            r#"[{"numeric": [">", 2]}]"#,
            r#"[1, "x", 3]"#,
            true,
        ),
    ]);
    check(&[
        (
            "objects in a list",
            r#"{"f": {"g": [2]}}"#,
            r#"{"f": [{"g": 1}, {"g": 2}]}"#,
            true,
        ),
        (
            "objects in lists in a list",
            r#"{"f": {"g": [2]}}"#,
            r#"{"f": [[{"g": 1}], [{"g": 2}]]}"#,
            true,
        ),
        (
            "values beside objects",
            r#"{"f": ["x"]}"#,
            r#"{"f": [{"g": 1}, "x"]}"#,
            true,
        ),
    ]);
}

#[test]
fn grouped_fields_need_the_same_element() {
    let names = r#"{"p": {"first": ["Anna"], "last": ["Smith"]}}"#;
    let deep = r#"{"p": {"q": {"a": [1], "b": [2]}}}"#;
    let outer = r#"{"p": {"a": [1], "q": {"b": [2]}}}"#;
    let two_lists = r#"{"p": {"x": {"a": [1]}, "y": {"b": [2]}}}"#;
    check(&[
        (
            "the same element",
            names,
            r#"{"p": [{"first": "Anna", "last": "Smith"}]}"#,
            true,
        ),
        (
            "different elements",
            names,
            r#"{"p": [{"first": "Anna"}, {"last": "Smith"}]}"#,
            false,
        ),
        (
            "each has one, a third has both",
            names,
            r#"{"p": [{"first": "Anna"}, {"last": "Smith"}, {"first": "Anna", "last": "Smith"}]}"#,
            true,
        ),
        (
            "no list, no contradiction",
            names,
            r#"{"p": {"first": "Anna", "last": "Smith"}}"#,
            true,
        ),
        (
            "different lists inside one list",
            names,
            r#"{"p": [[{"first": "Anna"}], [{"last": "Smith"}]]}"#,
            false,
        ),
        (
            "different elements of a list inside a list",
            names,
            r#"{"p": [[{"first": "Anna"}, {"last": "Smith"}]]}"#,
            false,
        ),
        (
            "the same element of a list inside a list",
            names,
            r#"{"p": [[{"last": "Jones"}], [{"first": "Anna", "last": "Smith"}]]}"#,
            true,
        ),
        (
            "an inner list, one element",
            deep,
            r#"{"p": [{"q": [{"a": 1, "b": 2}]}]}"#,
            true,
        ),
        (
            "an inner list, two elements",
            deep,
            r#"{"p": [{"q": [{"a": 1}, {"b": 2}]}]}"#,
            false,
        ),
        (
            "two inner lists",
            deep,
            r#"{"p": [{"q": [{"a": 1}]}, {"q": [{"b": 2}]}]}"#,
            false,
        ),
        (
            "outer and inner, one element",
            outer,
            r#"{"p": [{"a": 1, "q": [{"b": 2}]}]}"#,
            true,
        ),
        (
            "outer and inner, two elements",
            outer,
            r#"{"p": [{"a": 1, "q": [{"b": 0}]}, {"a": 0, "q": [{"b": 2}]}]}"#,
            false,
        ),
        (
            "two lists side by side do not bind each other",
            two_lists,
            r#"{"p": {"x": [{"a": 0}, {"a": 1}], "y": [{"b": 2}, {"b": 0}]}}"#,
            true,
        ),
        (
            "two lists side by side in one element",
            two_lists,
            r#"{"p": [{"x": [{"a": 1}], "y": [{"b": 0}]}, {"x": [{"a": 0}], "y": [{"b": 2}]}]}"#,
            false,
        ),
    ]);
}

#[test]
fn fields_in_separate_lists_are_independent() {
    check(&[
        (
            "a field outside the list",
            r#"{"s": [1], "p": {"a": [2]}}"#,
            r#"{"s": 1, "p": [{"a": 1}, {"a": 2}]}"#,
            true,
        ),
        (
            "values of one list are of one element",
            r#"{"p": {"t": ["y"], "a": [1]}}"#,
            r#"{"p": [{"t": ["x", "y"], "a": 1}]}"#,
            true,
        ),
        (
            "a value of a list beside an object of it",
            r#"{"p": ["x"], "p.a": [1]}"#,
            r#"{"p": ["x", {"a": 1}]}"#,
            true,
        ),
        (
            "alternatives bind only within themselves",
            r#"{"p": {"$or": [{"a": [1], "b": [1]}, {"a": [1], "c": [1]}]}}"#,
            r#"{"p": [{"a": 1, "c": 1}, {"b": 1}]}"#,
            true,
        ),
    ]);
}
