//! The JSON object in a reply: the whole of it, in a fence, or in running text. Every
//! byte is looked at a fixed number of times.

use serde_json::Value;

/// Bytes of a reply that are looked through. No answer is that long: 32,768 tokens
/// are about 130,000 bytes.
const LONGEST: usize = 1 << 20;

/// The first object of `text`.
pub(crate) fn object(text: &str) -> Option<Value> {
    if text.len() > LONGEST {
        return None;
    }
    let text = text.trim_start_matches('\u{feff}').trim();
    whole(text)
        .or_else(|| fenced(text))
        .or_else(|| running(text))
}

fn whole(text: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(text).ok()?;
    value.is_object().then_some(value)
}

/// In a Markdown fence, whatever its language is called.
fn fenced(text: &str) -> Option<Value> {
    text.split("```").skip(1).step_by(2).find_map(running)
}

/// The first balanced `{…}` that is JSON. Its search goes on behind one that is not.
fn running(mut text: &str) -> Option<Value> {
    loop {
        text = text.get(text.find('{')?..)?;
        let (object, rest) = text.split_at_checked(end(text)?)?;
        if let Some(value) = whole(object) {
            return Some(value);
        }
        text = rest;
    }
}

/// Where the `{` that `text` begins with is closed.
fn end(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match (quoted, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => quoted = !quoted,
            (false, b'{') => depth += 1,
            (false, b'}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            (true | false, _) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn an_object_is_found_where_models_put_it() {
        let deep = "{\"a\":".repeat(10_000) + "1" + &"}".repeat(10_000);
        for (why, text, want) in [
            ("bare", r#"{"a":1}"#, Some(json!({"a": 1}))),
            ("space around", " \n{\"a\":1}\n ", Some(json!({"a": 1}))),
            (
                "a byte order mark",
                "\u{feff}{\"a\":1}",
                Some(json!({"a": 1})),
            ),
            ("fenced", "```json\n{\"a\":1}\n```", Some(json!({"a": 1}))),
            (
                "fenced, with words around",
                "Here {as asked}:\n```\n{\"a\":1}\n```\nDone.",
                Some(json!({"a": 1})),
            ),
            (
                "a fence within a string",
                r#"Sure: {"a":"```{\"b\":2}```"}"#,
                Some(json!({"a": "```{\"b\":2}```"})),
            ),
            (
                "a fence left open",
                "```json\n{\"a\":1}",
                Some(json!({"a": 1})),
            ),
            (
                "in running text",
                r#"So {"a":1}, I think."#,
                Some(json!({"a": 1})),
            ),
            (
                "the first of two",
                r#"{"a":1} {"a":2}"#,
                Some(json!({"a": 1})),
            ),
            (
                "not JSON, then JSON",
                r#"{x} {"a":1}"#,
                Some(json!({"a": 1})),
            ),
            (
                "braces and quotes in strings",
                r#"x {"a":"}\"{"} y"#,
                Some(json!({"a": "}\"{"})),
            ),
            ("no object", "[1, 2]", None),
            ("a number", "7", None),
            ("never closed", r#"{"a":1"#, None),
            ("nothing", "", None),
            ("nested too deep", deep.as_str(), None),
        ] {
            assert_eq!(object(text), want, "{why}");
        }
    }

    #[test]
    fn a_reply_that_is_too_long_is_not_looked_through() {
        let long = format!("{{\"a\":1}}{}", " ".repeat(LONGEST));
        assert_eq!(object(&long), None);
    }

    proptest! {
        #[test]
        fn an_object_survives_any_words_without_braces(
            before in "[^{}\"`]{0,80}", value in "\\PC{0,40}", after in "\\PC{0,80}"
        ) {
            let want = json!({ "a": value });
            let text = format!("{before}{want}{after}");
            prop_assert_eq!(object(&text), Some(want));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[{}\"\\\\`a\u{e9}\u{1f600}]{0,200}") {
            let found = object(&text);
            prop_assert!(found.is_none_or(|value| value.is_object()));
        }
    }
}
