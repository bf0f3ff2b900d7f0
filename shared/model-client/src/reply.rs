//! Lenient parser of a 200 reply ("Kimi API", "Create Chat Completion"). Reads only the fields in
//! use. Drops `reasoning_content`, which is never sent back and never logged.

use crate::AgentError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Reported usage of a reply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) prompt: u64,
    pub(crate) cached: u64,
    pub(crate) completion: u64,
}

impl Tokens {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            prompt: self.prompt.saturating_add(other.prompt),
            cached: self.cached.saturating_add(other.cached),
            completion: self.completion.saturating_add(other.completion),
        }
    }

    /// Returns the input and output tokens.
    pub(crate) fn total(self) -> u64 {
        self.prompt.saturating_add(self.completion)
    }
}

/// Parsed reply.
#[derive(Debug)]
pub(crate) struct Reply {
    /// Text of the model, or a named outcome in its place.
    pub(crate) text: Result<String, AgentError>,
    /// Reported usage, if any.
    pub(crate) tokens: Option<Tokens>,
}

#[derive(Debug, Deserialize)]
struct Completion {
    #[serde(default, deserialize_with = "lenient")]
    choices: Option<Vec<Choice>>,
    #[serde(default, deserialize_with = "lenient")]
    usage: Option<Usage>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(default, deserialize_with = "lenient")]
    message: Option<Message>,
    #[serde(default, deserialize_with = "lenient")]
    finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Message {
    #[serde(default)]
    content: Value,
    #[serde(default, deserialize_with = "lenient")]
    refusal: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    /// Location in Kimi's replies.
    #[serde(default, deserialize_with = "lenient")]
    cached_tokens: Option<u64>,
    /// Location in other endpoints' replies, and also in Kimi's.
    #[serde(default, deserialize_with = "lenient")]
    prompt_tokens_details: Option<Details>,
}

#[derive(Debug, Deserialize)]
struct Details {
    #[serde(default, deserialize_with = "lenient")]
    cached_tokens: Option<u64>,
}

/// Treats a value of another shape as absent.
fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

/// Parses the body of a reply.
pub(crate) fn read(body: &[u8]) -> Reply {
    match serde_json::from_slice::<Completion>(body) {
        Ok(completion) => Reply {
            tokens: completion.usage.as_ref().map(tokens),
            text: outcome(completion.choices),
        },
        Err(error) => Reply {
            text: malformed(&format!("the reply is not a chat completion: {error}")),
            tokens: None,
        },
    }
}

fn tokens(usage: &Usage) -> Tokens {
    let details = usage.prompt_tokens_details.as_ref();
    let cached = details.and_then(|details| details.cached_tokens);
    let cached = cached.or(usage.cached_tokens).unwrap_or(0);
    Tokens {
        prompt: usage.prompt_tokens,
        cached: cached.min(usage.prompt_tokens),
        completion: usage.completion_tokens,
    }
}

fn outcome(choices: Option<Vec<Choice>>) -> Result<String, AgentError> {
    let Some(choices) = choices else {
        return malformed("the reply has no choices");
    };
    let Some(choice) = choices.into_iter().next() else {
        return Err(AgentError::Empty);
    };
    match choice.finish_reason.as_deref() {
        Some("content_filter") => return Err(AgentError::Filtered),
        Some("length") => return Err(AgentError::CutShort),
        // The text decides, for known and unknown finish reasons.
        Some(_) | None => {}
    }
    let Some(message) = choice.message else {
        return Err(AgentError::Empty);
    };
    if let Some(refusal) = message.refusal.filter(|refusal| !refusal.trim().is_empty()) {
        return Err(AgentError::Refused(refusal));
    }
    let text = text(&message.content);
    if text.trim().is_empty() {
        return Err(AgentError::Empty);
    }
    Ok(text)
}

/// Reads content that is a text or a list of parts.
fn text(content: &Value) -> String {
    let part = |part: &Value| {
        let text = part.get("text").unwrap_or(part);
        text.as_str().map(ToOwned::to_owned)
    };
    match (content.as_str(), content.as_array()) {
        (Some(text), _) => text.to_owned(),
        (None, Some(parts)) => parts.iter().filter_map(part).collect(),
        (None, None) => String::new(),
    }
}

fn malformed(reason: &str) -> Result<String, AgentError> {
    Err(AgentError::Malformed {
        reason: reason.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn name(outcome: &Result<String, AgentError>) -> String {
        match outcome {
            Ok(text) => format!("text {text}"),
            Err(error) => format!("{error:?}").chars().take(8).collect(),
        }
    }

    #[test]
    fn reply_has_text_or_outcome() {
        let choice = |message: Value, finish: Value| json!({"choices": [{"message": message, "finish_reason": finish}]});
        for (why, body, want) in [
            (
                "plain",
                choice(json!({"content": "hi"}), json!("stop")),
                "text hi",
            ),
            (
                "an unknown finish reason",
                choice(json!({"content": "hi"}), json!("tired")),
                "text hi",
            ),
            (
                "a finish reason that is a number",
                choice(json!({"content": "hi"}), json!(7)),
                "text hi",
            ),
            (
                "parts",
                choice(
                    json!({"content": [{"type": "text", "text": "h"}, "i", 7, {"type": "image"}]}),
                    json!("stop"),
                ),
                "text hi",
            ),
            (
                "reasoning in another field",
                choice(
                    json!({"content": "hi", "reasoning_content": {"odd": 1}}),
                    json!("stop"),
                ),
                "text hi",
            ),
            (
                "only reasoning",
                choice(
                    json!({"content": null, "reasoning_content": "hm"}),
                    json!("stop"),
                ),
                "Empty",
            ),
            ("no content", choice(json!({}), json!("stop")), "Empty"),
            (
                "blank",
                choice(json!({"content": " \n"}), json!("stop")),
                "Empty",
            ),
            ("no message", choice(json!(null), json!("stop")), "Empty"),
            ("no choice", json!({"choices": []}), "Empty"),
            (
                "cut",
                choice(json!({"content": "{\"a\""}), json!("length")),
                "CutShort",
            ),
            (
                "filtered",
                choice(json!({"content": "hi"}), json!("content_filter")),
                "Filtered",
            ),
            (
                "refused",
                choice(json!({"content": "hi", "refusal": "no"}), json!("stop")),
                "Refused(",
            ),
            (
                "an empty refusal",
                choice(json!({"content": "hi", "refusal": ""}), json!("stop")),
                "text hi",
            ),
            (
                "an error with 200",
                json!({"error": {"message": "odd"}}),
                "Malforme",
            ),
            (
                "choices of another shape",
                json!({"choices": "hi"}),
                "Malforme",
            ),
            ("a list", json!([1]), "Malforme"),
        ] {
            assert_eq!(name(&read(body.to_string().as_bytes()).text), want, "{why}");
        }
        assert_eq!(name(&read(b"<html>").text), "Malforme");
    }

    #[test]
    fn reads_usage_from_known_locations() {
        let tokens = |usage: Value| read(json!({ "usage": usage }).to_string().as_bytes()).tokens;
        let some = |prompt, cached, completion| {
            Some(Tokens {
                prompt,
                cached,
                completion,
            })
        };
        for (why, usage, want) in [
            (
                "Kimi's",
                json!({"prompt_tokens": 9, "completion_tokens": 2, "cached_tokens": 4}),
                some(9, 4, 2),
            ),
            (
                "in the details",
                json!({"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 5}}),
                some(9, 5, 2),
            ),
            (
                "no cache",
                json!({"prompt_tokens": 9, "completion_tokens": 2}),
                some(9, 0, 2),
            ),
            (
                "more cached than read",
                json!({"prompt_tokens": 9, "completion_tokens": 2, "cached_tokens": 40}),
                some(9, 9, 2),
            ),
            (
                "negative",
                json!({"prompt_tokens": -9, "completion_tokens": 2}),
                None,
            ),
            ("half", json!({"prompt_tokens": 9}), None),
            ("null", json!(null), None),
        ] {
            assert_eq!(tokens(usage), want, "{why}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let key = prop::sample::select(vec![
            "choices",
            "message",
            "content",
            "finish_reason",
            "refusal",
            "text",
            "usage",
            "prompt_tokens",
            "completion_tokens",
            "error",
        ]);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            prop::sample::select(vec!["stop", "length", "content_filter", "{\"a\":1}", ""])
                .prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(key.clone().prop_map(str::to_owned), inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_has_named_outcome(value in any_json()) {
            if let Ok(text) = read(value.to_string().as_bytes()).text {
                prop_assert!(!text.trim().is_empty());
            }
        }

        #[test]
        fn any_bytes_have_named_outcome(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(read(&bytes).text.is_err(), "random bytes are no completion");
        }
    }
}
