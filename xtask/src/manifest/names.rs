//! Names in manifests, and the limits of AWS on them.

/// Maximum length of the id of a rule's target ("Target", EventBridge API Reference).
const MAX_NAME: usize = 64;

/// Expected form of a function's name.
pub const EXPECTED_NAME: &str =
    "expected a-z, 0-9 and single - between them, a letter first, at most 64 characters";

/// Variables that the generated template sets.
const GENERATED: [&str; 17] = [
    "RUST_LOG",
    "EXTRA_CA_CERTS",
    "EVENT_BUS_NAME",
    "STATE_URL",
    "QUEUE_URL",
    "MAX_RECEIVE_COUNT",
    "DEAD_LETTER_QUEUE_URL",
    "ALLOW_ADDRESSES",
    "GITHUB_API_URL",
    "GITHUB_TOKEN",
    "GITHUB_APP_ID",
    "GITHUB_APP_PRIVATE_KEY",
    "KIMI_API_KEY",
    "KIMI_BASE_URL",
    "KIMI_MODEL",
    "KIMI_PRICES",
    "REVIEW_POLICY",
];

/// Endings of variables that hold a reference to a secret.
const SECRETS: [&str; 3] = ["_SECRET", "_TOKEN", "_KEY"];

/// Returns whether `name` can be the name of a function: a-z, 0-9 and single - between them, a
/// letter first, at most 64 characters.
pub fn is_name(name: &str) -> bool {
    let is_char = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let begins = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    let is_joined = !name.ends_with('-') && !name.contains("--");
    begins && is_joined && name.len() <= MAX_NAME && name.bytes().all(is_char)
}

/// Returns whether `name` can name a parameter or an event source: A-Z, a-z and 0-9, a letter
/// first, at most 64 characters.
pub(super) fn is_resource(name: &str) -> bool {
    let begins = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    begins && name.len() <= MAX_NAME && name.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Returns whether `kind` can be the kind of a state item.
pub(super) fn is_kind(kind: &str) -> bool {
    let is_char = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    !kind.is_empty() && kind.bytes().all(is_char)
}

/// Returns whether a variable holds a reference to a secret.
pub(super) fn is_secret(variable: &str) -> bool {
    SECRETS.iter().any(|end| variable.ends_with(end))
}

/// Returns why a manifest must not set a variable ("Working with Lambda environment variables").
pub(super) fn refused_variable(variable: &str) -> Option<String> {
    let is_char = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    let begins = variable
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_uppercase());
    if !begins || variable.len() < 2 || !variable.bytes().all(is_char) {
        let expected = "expected A-Z, 0-9 and _, a letter first";
        return Some(format!(
            "{variable:?} is not a name of a variable: {expected}"
        ));
    }
    if ["AWS_", "LAMBDA_"]
        .iter()
        .any(|it| variable.starts_with(it))
    {
        return Some(format!("Lambda reserves {variable}"));
    }
    if GENERATED.contains(&variable) {
        return Some(format!("{variable} is set by the needs of a function"));
    }
    None
}
