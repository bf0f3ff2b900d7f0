//! Kimi's request rules ("Create Chat Completion", "Moonshot Flavored JSON Schema"). Unknown fields
//! are rejected, so that tests detect a misspelt field.

use serde_json::{Map, Value};

const FIELDS: &[&str] = &[
    "max_completion_tokens",
    "messages",
    "model",
    "reasoning_effort",
    "response_format",
    "stream",
    "thinking",
];

/// Fields with fixed values in models that reason. Sending them is an error.
const FIXED: &[&str] = &[
    "frequency_penalty",
    "n",
    "presence_penalty",
    "temperature",
    "top_p",
];

/// Checks a request. The error is the message of a 400.
pub(crate) fn check(body: &Map<String, Value>, model: &str) -> Result<(), String> {
    for name in body.keys() {
        if FIXED.contains(&name.as_str()) {
            return Err(format!("invalid {name}: it is fixed for this model"));
        }
        if !FIELDS.contains(&name.as_str()) {
            return Err(format!("unknown field {name}"));
        }
    }
    if let Some(effort) = body.get("reasoning_effort") {
        let known = ["low", "medium", "high", "max"].map(Value::from);
        if !model.starts_with("kimi-k3") || !known.contains(effort) {
            return Err(format!("reasoning_effort {effort} is not for {model}"));
        }
    }
    if let Some(thinking) = body.get("thinking") {
        let known = ["enabled", "disabled"].map(Value::from);
        let kind = thinking.get("type").unwrap_or(thinking);
        if !model.starts_with("kimi-k2") || !known.contains(kind) {
            return Err(format!("thinking {thinking} is not for {model}"));
        }
    }
    messages(body.get("messages"))?;
    body.get("response_format").map_or(Ok(()), format)
}

fn messages(messages: Option<&Value>) -> Result<(), String> {
    let messages = messages.and_then(Value::as_array);
    let messages = messages.filter(|messages| !messages.is_empty());
    let messages = messages.ok_or("messages must not be empty")?;
    for message in messages {
        let message = message.as_object().ok_or("a message is an object")?;
        for name in message.keys() {
            if !["role", "content"].contains(&name.as_str()) {
                return Err(format!("messages: unknown field {name}"));
            }
        }
        let role = message.get("role").and_then(Value::as_str);
        if !matches!(role, Some("system" | "user" | "assistant")) {
            return Err("messages: unknown role".to_owned());
        }
        let content = message.get("content").and_then(Value::as_str);
        if content.is_none_or(str::is_empty) {
            return Err("messages: content must not be empty".to_owned());
        }
    }
    Ok(())
}

fn format(format: &Value) -> Result<(), String> {
    match format.get("type").and_then(Value::as_str) {
        Some("json_object" | "text") => Ok(()),
        Some("json_schema") => {
            let named = format.get("json_schema").unwrap_or(&Value::Null);
            let name = named.get("name").and_then(Value::as_str).unwrap_or("");
            let letters = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if name.is_empty() || !letters {
                return Err(format!("response_format: {name:?} is not a valid name"));
            }
            let schema = named.get("schema").unwrap_or(&Value::Null);
            let wrong = |reason| {
                format!(
                    "response_format is not a valid moonshot flavored json schema, details: \
                     {reason}"
                )
            };
            if schema.get("type").and_then(Value::as_str) != Some("object") {
                return Err(wrong("the root must be an object".to_owned()));
            }
            flat(schema, "").map_err(wrong)
        }
        Some(_) | None => Err("response_format: unknown type".to_owned()),
    }
}

/// Checks a schema by the strictest endpoints' rules: a type everywhere, and no choices.
fn flat(schema: &Value, at: &str) -> Result<(), String> {
    let schema = schema.as_object().ok_or(format!("{at}: not an object"))?;
    for name in [
        "$ref", "$defs", "anyOf", "oneOf", "allOf", "not", "nullable",
    ] {
        if schema.contains_key(name) {
            return Err(format!("{at}: {name} is not supported"));
        }
    }
    if !schema.get("type").is_some_and(Value::is_string) {
        return Err(format!("{at}: type must be one name"));
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        flat(property, &format!("{at}/{name}"))?;
    }
    schema
        .get("items")
        .map_or(Ok(()), |items| flat(items, &format!("{at}/items")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn accepts_and_rejects_requests_as_kimi() {
        let messages = json!([{"role": "user", "content": "hi"}]);
        let with = |name: &str, value: Value| {
            let mut body = json!({"model": "kimi-k3.1-pro", "messages": messages});
            body[name] = value;
            body
        };
        let schema = |schema: Value| {
            let named = json!({"name": "report", "strict": true, "schema": schema});
            with(
                "response_format",
                json!({"type": "json_schema", "json_schema": named}),
            )
        };
        let property =
            |property: Value| schema(json!({"type": "object", "properties": {"a": property}}));
        for (why, body, good) in [
            ("plain", with("stream", json!(false)), true),
            ("effort", with("reasoning_effort", json!("low")), true),
            (
                "an unknown effort",
                with("reasoning_effort", json!("little")),
                false,
            ),
            (
                "thinking, of another model",
                with("thinking", json!({"type": "disabled"})),
                false,
            ),
            ("temperature", with("temperature", json!(0)), false),
            ("top_p", with("top_p", json!(1)), false),
            ("n", with("n", json!(1)), false),
            ("a penalty", with("presence_penalty", json!(0)), false),
            ("misspelt", with("max_tokenz", json!(1)), false),
            ("no messages", with("messages", json!([])), false),
            (
                "reasoning sent back",
                with(
                    "messages",
                    json!([{"role": "assistant", "content": "a", "reasoning_content": "b"}]),
                ),
                false,
            ),
            (
                "JSON",
                with("response_format", json!({"type": "json_object"})),
                true,
            ),
            (
                "an unknown format",
                with("response_format", json!({"type": "xml"})),
                false,
            ),
            (
                "a flat schema",
                property(json!({"type": "array", "items": {"type": "string", "enum": ["b"]}})),
                true,
            ),
            (
                "a property that is called anyOf",
                schema(json!({"type": "object", "properties": {"anyOf": {"type": "string"}}})),
                true,
            ),
            (
                "a list at the root",
                schema(json!({"type": "array", "items": {"type": "string"}})),
                false,
            ),
            ("$ref", property(json!({"$ref": "#/a"})), false),
            (
                "anyOf",
                property(json!({"anyOf": [{"type": "string"}]})),
                false,
            ),
            (
                "nullable",
                property(json!({"type": "string", "nullable": true})),
                false,
            ),
            (
                "a list of types",
                property(json!({"type": ["string", "null"]})),
                false,
            ),
            ("no type", property(json!({"enum": ["a"]})), false),
            (
                "deep within",
                property(
                    json!({"type": "array", "items": {"type": "object", "properties": {"b": {"anyOf": []}}}}),
                ),
                false,
            ),
        ] {
            let body = body.as_object().unwrap();
            let checked = check(body, "kimi-k3.1-pro");
            assert_eq!(checked.is_ok(), good, "{why}: {checked:?}");
        }
    }
}
