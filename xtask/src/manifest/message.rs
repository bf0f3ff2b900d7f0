//! Plain words for serde's errors.

/// Types of Rust and serde, with plain words.
const EXPECTED: [(&str, &str); 6] = [
    ("u64", "a whole number from 0"),
    ("a string", "a text in quotes"),
    ("a boolean", "true or false"),
    ("a sequence", "a list in brackets"),
    ("a map", "a table of keys and values"),
    ("struct StateTable", "a table with read, write or both"),
];

/// Returns serde's message without names of Rust's types.
pub(super) fn plain(message: &str) -> String {
    let message = message.replace('\n', " ");
    let types = ["invalid type: ", "invalid value: "];
    let types = types.iter().find_map(|it| message.strip_prefix(it));
    if let Some((found, wanted)) = types.and_then(|it| it.split_once(", expected ")) {
        let words = EXPECTED.iter().find(|(name, _)| *name == wanted);
        let words = words.map(|(_, words)| *words);
        let words = words.unwrap_or(match wanted.starts_with("struct ") {
            true => "a table of keys and values",
            false => wanted,
        });
        return format!("expected {words}, not {}", value(found));
    }
    if let Some(key) = message.strip_prefix("missing field ") {
        return format!("the key {key} is missing");
    }
    message
        .replace("unknown field", "unknown key")
        .replace("unknown variant", "unknown value")
}

/// Returns a value as serde shows it, in plain words.
fn value(found: &str) -> String {
    match found.split_once(' ') {
        Some(("integer" | "boolean", value)) => value.replace('`', ""),
        Some(("floating", value)) => value.replace("point ", "").replace('`', ""),
        Some(("string", text)) => format!("the text {text}"),
        Some(_) | None => match found {
            "sequence" => "a list".to_owned(),
            "map" => "a table".to_owned(),
            other => other.to_owned(),
        },
    }
}
