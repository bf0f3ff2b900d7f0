//! Finds the final answer in the text of a reply. Ignores drafts, reasoning and quotations. The
//! work is bounded by the length of the text.

use serde_json::{Deserializer, Value};

/// Maximum bytes of a reply to search. An answer of 32,768 tokens has about 130,000.
const LONGEST: usize = 1 << 20;

/// Maximum bytes that the parser may read per byte of the text.
const WORK: usize = 8;

/// Tags that models put around their reasoning.
const REASONING: [&str; 6] = [
    "think",
    "thinking",
    "thought",
    "reasoning",
    "analysis",
    "scratchpad",
];

/// Last object of a reply that passes the check.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FinalObject {
    pub(crate) value: Value,
    /// True if the reply is this object, bare or in one fence, and nothing else.
    pub(crate) is_exact: bool,
    /// True if the reply contains another answer, or a later object that fails the check.
    pub(crate) is_ambiguous: bool,
}

/// Reason for a reply without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MissReason {
    /// Every answer in the reply also occurs in the change.
    Quoted,
    /// The reply has no valid answer. The text tells the model the reason.
    Invalid(String),
}

/// Finds the answer in `text`: the last object that passes `check` and does not occur in `change`.
pub(crate) fn answer(
    text: &str,
    change: &str,
    check: impl Fn(&Value) -> Result<(), String>,
) -> Result<FinalObject, MissReason> {
    if text.len() > LONGEST {
        return Err(MissReason::Invalid("it is too long".to_owned()));
    }
    let text = text.trim_start_matches('\u{feff}').trim();
    let (text, is_plain) = match sole(text) {
        Some(_) => (text, true),
        None => without_reasoning(text),
    };
    let mut is_exact = is_plain && sole(text).is_some_and(|it| it.value.is_object());
    let mut objects = match sole(text) {
        Some(object) => vec![object],
        None => objects(text).unwrap_or_default(),
    };
    let last = objects.last().cloned();
    let problem = match &last {
        Some(object) => check(&object.value).err(),
        None => Some("there is no JSON object in it".to_owned()),
    };
    objects.retain(|object| check(&object.value).is_ok());
    let valid = objects.len();
    if valid > 0 {
        let change = Change::read(change);
        objects.retain(|object| !change.holds(object));
        is_exact &= change.is_read_whole;
    }
    let Some(answer) = objects.pop() else {
        return Err(match problem {
            Some(problem) if valid == 0 => MissReason::Invalid(problem),
            Some(_) | None => MissReason::Quoted,
        });
    };
    let differs = objects.iter().any(|other| other.value != answer.value);
    let fails_later = problem.is_some() && last.is_some_and(|last| last.resembles(&answer));
    Ok(FinalObject {
        is_exact,
        is_ambiguous: differs || fails_later,
        value: answer.value,
    })
}

/// Object with its text.
#[derive(Debug, Clone)]
struct Object<'a> {
    text: &'a str,
    value: Value,
}

impl Object<'_> {
    /// Returns true if both have a field name in common.
    fn resembles(&self, other: &Self) -> bool {
        let names = self
            .value
            .as_object()
            .into_iter()
            .flat_map(|map| map.keys());
        names
            .into_iter()
            .any(|name| other.value.get(name).is_some())
    }
}

/// Text and objects of the reviewed change.
struct Change {
    /// Normalized text of the change.
    text: String,
    /// Objects of the change, including those in string literals. Comparison ignores field order.
    objects: Vec<Value>,
    /// True if all objects were found within the work limit. Otherwise any answer may be a
    /// quotation.
    is_read_whole: bool,
}

impl Change {
    fn read(change: &str) -> Self {
        let plain = change.replace('\\', "");
        let texts = [change, plain.as_str()];
        let found = texts.map(objects);
        Self {
            text: normalized(change),
            is_read_whole: found.iter().all(Option::is_some),
            objects: found
                .into_iter()
                .flatten()
                .flatten()
                .map(|object| object.value)
                .collect(),
        }
    }

    /// Returns true if the change contains `object`, as code or in a string.
    fn holds(&self, object: &Object<'_>) -> bool {
        let texts = [object.text.to_owned(), object.value.to_string()];
        let is_text = texts.iter().any(|it| self.text.contains(&normalized(it)));
        is_text || self.objects.contains(&object.value)
    }
}

/// Removes white space, quotes and backslashes. An object in a string literal, escaped or over
/// several lines, then has the same text as the object itself.
fn normalized(text: &str) -> String {
    let is_kept = |c: &char| !c.is_whitespace() && !matches!(c, '"' | '\'' | '\\' | '`');
    text.chars().filter(is_kept).collect()
}

/// Parses a text that is one object, bare or in one fence. Accepts an answer's bare list, because
/// some models omit the enclosing object.
fn sole(text: &str) -> Option<Object<'_>> {
    let text = text.trim();
    let fenced = text
        .strip_prefix("```")
        .and_then(|rest| rest.strip_suffix("```"))
        .and_then(|inner| inner.split_once('\n'))
        .filter(|(language, _)| language.trim().chars().all(char::is_alphanumeric));
    let text = fenced.map_or(text, |(_, inner)| inner).trim();
    let value: Value = serde_json::from_str(text).ok()?;
    (value.is_object() || value.is_array()).then_some(Object { text, value })
}

/// Removes reasoning between tags: everything up to the last closing tag, and everything after an
/// unclosed opening tag. Also returns whether the reply has the usual form: no tags, or one pair at
/// its start.
fn without_reasoning(text: &str) -> (&str, bool) {
    let lower = text.to_ascii_lowercase();
    let tags = |slash: &str| {
        let find = |name: &&str| {
            let tag = format!("<{slash}{name}>");
            let length = tag.len();
            let starts = lower.match_indices(&tag).map(|(at, _)| (at, at + length));
            starts.collect::<Vec<_>>()
        };
        let mut found: Vec<_> = REASONING.iter().flat_map(find).collect();
        found.sort_unstable();
        found
    };
    let (opening, closing) = (tags(""), tags("/"));
    let start = closing.last().map_or(0, |(_, end)| *end);
    let end = opening.iter().map(|(at, _)| *at).find(|at| *at >= start);
    let answer = text
        .get(start..end.unwrap_or(text.len()))
        .unwrap_or_default();
    let is_usual = match (opening.as_slice(), closing.as_slice()) {
        ([], []) => true,
        ([(0, _)], [_]) => end.is_none(),
        _ => false,
    };
    (answer.trim(), is_usual)
}

/// Returns the outermost complete objects of `text` in order, or `None` if the work limit is
/// exceeded.
fn objects(text: &str) -> Option<Vec<Object<'_>>> {
    let (mut found, mut at) = (Vec::new(), 0);
    let mut work = text.len().saturating_mul(WORK);
    while let Some(rest) = text.get(at..)
        && let Some(open) = rest.find('{')
    {
        let rest = rest.get(open..).unwrap_or_default();
        let mut values = Deserializer::from_str(rest).into_iter::<Value>();
        let length = match values.next() {
            Some(Ok(value)) => {
                let length = values.byte_offset();
                let text = rest.get(..length).unwrap_or_default();
                found.push(Object { text, value });
                length
            }
            Some(Err(error)) => {
                let read = offset(rest, &error);
                work = work.checked_sub(read)?;
                1
            }
            None => 1,
        };
        at += open + length;
    }
    Some(found)
}

/// Returns the number of bytes of `text` that the parser read before `error`.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let mut lines = text.split_inclusive('\n').map(str::len);
    let before: usize = lines.by_ref().take(error.line().saturating_sub(1)).sum();
    before.saturating_add(error.column()).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// Checks that the answer has a number `n`.
    fn check(value: &Value) -> Result<(), String> {
        match value.get("n").is_some_and(Value::is_number) {
            true => Ok(()),
            false => Err("n: expected a number".to_owned()),
        }
    }

    fn read(text: &str) -> Result<FinalObject, MissReason> {
        answer(text, "", check)
    }

    fn found(n: u32, is_exact: bool, is_ambiguous: bool) -> Result<FinalObject, MissReason> {
        Ok(FinalObject {
            value: json!({ "n": n }),
            is_exact,
            is_ambiguous,
        })
    }

    fn invalid(problem: &str) -> Result<FinalObject, MissReason> {
        Err(MissReason::Invalid(problem.to_owned()))
    }

    #[test]
    fn last_valid_object_is_the_answer() {
        let deep = "{\"n\":".repeat(10_000) + "1" + &"}".repeat(10_000);
        let none = || invalid("there is no JSON object in it");
        for (why, text, want) in [
            ("bare", r#"{"n":1}"#, found(1, true, false)),
            ("space around", " \n{\"n\":1}\n ", found(1, true, false)),
            (
                "a byte order mark",
                "\u{feff}{\"n\":1}",
                found(1, true, false),
            ),
            (
                "one fence",
                "```json\n{\"n\":1}\n```",
                found(1, true, false),
            ),
            (
                "a fence left open",
                "```json\n{\"n\":1}",
                found(1, false, false),
            ),
            (
                "a fence within text",
                "So {as asked}:\n```\n{\"n\":1}\n```\nDone.",
                found(1, false, false),
            ),
            (
                "running text",
                r#"So {"n":1}, I think."#,
                found(1, false, false),
            ),
            (
                "a draft",
                "{\"n\":1}\nWait. Corrected:\n{\"n\":2}",
                found(2, false, true),
            ),
            (
                "two fences",
                "```\n{\"n\":1}\n```\nBut:\n```\n{\"n\":2}\n```",
                found(2, false, true),
            ),
            (
                "the same twice",
                r#"{"n":1} {"n": 1}"#,
                found(1, false, false),
            ),
            (
                "an invalid last answer",
                r#"{"n":1} {"n":"x"}"#,
                found(1, false, true),
            ),
            (
                "another object behind it",
                r#"{"n":1} {"m":2}"#,
                found(1, false, false),
            ),
            (
                "a draft in reasoning",
                "<think>{\"n\":1}</think>\n{\"n\":2}",
                found(2, true, false),
            ),
            (
                "a brace in reasoning",
                "<think>if (x) { and</think>{\"n\":2}",
                found(2, true, false),
            ),
            (
                "a brace in prose",
                "if (x) { and never closed.\n{\"n\":2}",
                found(2, false, false),
            ),
            (
                "upper-case tags",
                "<THINKING>{\"n\":1}</THINKING>{\"n\":2}",
                found(2, true, false),
            ),
            (
                "a closing tag alone",
                "{\"n\":1}</think>{\"n\":2}",
                found(2, false, false),
            ),
            (
                "a quoted tag",
                "<think>a</think>{\"n\":1}</think>{\"n\":2}",
                found(2, false, false),
            ),
            (
                "reasoning left open",
                "{\"n\":1}<think>or {\"n\":2}",
                found(1, false, false),
            ),
            ("only reasoning", "<think>{\"n\":1}", none()),
            (
                "not JSON, then JSON",
                r#"{x} {"n":1}"#,
                found(1, false, false),
            ),
            ("an array", "[1, 2]", invalid("n: expected a number")),
            ("never closed", r#"{"n":1"#, none()),
            (
                "a wrong object",
                r#"{"m":1}"#,
                invalid("n: expected a number"),
            ),
            ("nothing", "", none()),
            ("nested too deep", deep.as_str(), none()),
        ] {
            assert_eq!(read(text), want, "{why}");
        }
    }

    #[test]
    fn tag_in_bare_answer_is_text() {
        let bare = r#"{"n":1,"why":"</think> is left open"}"#;
        let answer = read(bare).unwrap();
        assert!(answer.is_exact && answer.value["why"] == "</think> is left open");
    }

    #[test]
    fn object_in_change_is_ignored() {
        let other = r#"The line holds {"n":1}. {"n":2}"#;
        for (why, change) in [
            ("as it is", r#"{"n":1}"#),
            ("spaced", r#"x = { "n" : 1 }"#),
            ("over lines", "{\n  \"n\":\n  1\n}"),
            ("escaped", r#"x = "{\"n\": 1}""#),
            ("in single quotes", r"x = {'n': 1}"),
            ("in another form", r#"x = {"n":  1 }"#),
        ] {
            let quoted = answer(r#"{"n":1}"#, change, check);
            assert_eq!(quoted, Err(MissReason::Quoted), "{why}");
            assert_eq!(
                answer(other, change, check),
                found(2, false, false),
                "{why}"
            );
        }
    }

    #[test]
    fn field_order_does_not_matter() {
        let change = r#"x = "{\"why\": \"\", \"n\": 1}""#;
        let quoted = answer(r#"{"n":1,"why":""}"#, change, check);
        assert_eq!(quoted, Err(MissReason::Quoted));
    }

    #[test]
    fn hostile_change_prevents_exact_answer() {
        let change = "{\"a\":".repeat(100_000);
        let answer = answer(r#"{"n":1}"#, &change, check).unwrap();
        assert!(!answer.is_exact, "any answer may be a quotation");
    }

    #[test]
    fn rejects_too_long_reply() {
        let long = format!("{{\"n\":1}}{}", " ".repeat(LONGEST));
        assert_eq!(read(&long), invalid("it is too long"));
    }

    #[test]
    fn hostile_braces_stay_within_work_limit() {
        let nested = "{\"a\":".repeat(100_000);
        let open_strings = "{\"a\":\"b".repeat(100_000);
        for text in ["{".repeat(LONGEST), nested, open_strings] {
            assert!(read(&text).is_err());
        }
    }

    proptest! {
        #[test]
        fn answer_survives_words_without_braces(
            before in "[^{}\"`<]{0,80}", n in 0_u32..9, after in "[^{}]{0,80}"
        ) {
            let text = format!("{before}{}{after}", json!({ "n": n }));
            prop_assert_eq!(read(&text).map(|it| it.value), Ok(json!({ "n": n })));
        }

        #[test]
        fn draft_prevents_exact_answer(
            before in "[^{}<]{0,20}", between in "[^{}<]{0,20}", draft in 0_u32..9, last in 0_u32..9
        ) {
            let text = format!("{before}{}{between}{}", json!({ "n": draft }), json!({ "n": last }));
            let answer = read(&text).unwrap();
            prop_assert_eq!(&answer.value, &json!({ "n": last }));
            prop_assert!(!answer.is_exact);
            prop_assert_eq!(answer.is_ambiguous, draft != last);
        }

        #[test]
        fn accepts_or_rejects_any_text(text in "[{}\"\\\\`<>/think\u{e9}\u{1f600}]{0,200}") {
            let answer = read(&text);
            prop_assert!(answer.is_err() || answer.is_ok_and(|it| it.value.is_object()));
        }
    }
}
