//! Detects secrets without a format by the name that they are assigned to.

use crate::{bits_per_letter, is_random};

const SECRETS: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "secretkey",
    "apikey",
    "accesskey",
    "authtoken",
    "accesstoken",
    "apitoken",
    "bottoken",
    "privatekey",
    "signingkey",
    "encryptionkey",
];

/// Returns whether `before` ends with the name of a secret and an assignment operator.
pub fn names_secret(before: &str) -> bool {
    const NOT: &[&str] = &["test", "fake", "mock", "public", "example", "dummy"];
    assigned_names(before).is_some_and(|(_, untyped)| {
        let name = simple(untyped);
        SECRETS.iter().any(|end| name.ends_with(end)) && !NOT.iter().any(|part| name.contains(part))
    })
}

/// Returns whether `before` ends with a name that may be a secret's, for redaction, which rather
/// redacts too much: any name that contains a secret's name, "token" or "credential".
pub fn may_name_secret(before: &str) -> bool {
    // Longer names only cost time.
    let start = before.ceil_char_boundary(before.len().saturating_sub(200));
    let before = before.get(start..).unwrap_or_default();
    assigned_names(before).is_some_and(|(name, untyped)| {
        [simple(name), simple(untyped)].iter().any(|name| {
            let holds = |part: &&str| name.contains(*part);
            SECRETS.iter().any(holds) || ["token", "credential"].iter().any(holds)
        })
    })
}

/// Returns `before` without an assignment operator at its end: once with and once without the type
/// in `password: &str = "…"`.
fn assigned_names(before: &str) -> Option<(&str, &str)> {
    let before = before.trim_end();
    let name = before.trim_end_matches(['=', ':', '>', ' ', '"', '\'']);
    let sign = before.get(name.len()..).unwrap_or_default();
    // In `KEY=value` the caller has removed the operator; `==` is a comparison.
    if sign.contains("==") || name.ends_with(['!', '<']) {
        return None;
    }
    let untyped = match name.rsplit_once(':') {
        Some((untyped, kind)) if sign.contains('=') && kind.len() <= 20 => untyped,
        _ => name,
    };
    Some((name, untyped))
}

/// Returns the name at the end of the text, in lower case and without `_` and `-`.
fn simple(name: &str) -> String {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let letters = name.rsplit(ends).next().unwrap_or_default().chars();
    letters
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// Returns whether a value looks generated or like a strong password, and not like a name, a path,
/// a reference or a sentence.
pub fn is_secret(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    let letters = value.bytes().any(|b| b.is_ascii_alphabetic());
    let digits = value.bytes().any(|b| b.is_ascii_digit());
    let reference = value.starts_with(['$', '<', '{', '%', '@', '!', '&', '/', '.', '*'])
        || [
            "://",
            "${",
            "{{",
            "ENC[",
            "env.",
            "env:",
            "arn:",
            "secretsmanager:",
            "ssm:",
            "sha256:",
        ]
        .iter()
        .any(|mark| value.contains(mark));
    // `api-v2.password_field` consists of words, at most followed by a number.
    let words = value.split(['-', '_', '.', '/', ':']).all(|word| {
        let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
        word.bytes().all(|b| b.is_ascii_alphabetic())
    });
    (12..=200).contains(&value.len())
        && value.is_ascii()
        && !value.contains([' ', '(', ')', ';', ','])
        && letters
        && digits
        && !reference
        && !words
        && bits_per_letter(value) >= 3.2
        && is_random(value)
}
