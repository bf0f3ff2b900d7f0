use events::Failure;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Maximum size of a sort key in DynamoDB ("Constraints in Amazon DynamoDB").
const MAX_BYTES: usize = 1024;

/// Text that is not a key or not a key prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no state key: expected kind:rest in visible ASCII, the kind of a-z, 0-9, _ and -, \
     at most {MAX_BYTES} bytes, such as pr:octo/widgets#7"
)]
pub struct InvalidKey {
    text: String,
}

impl Failure for InvalidKey {
    fn is_retryable(&self) -> bool {
        false
    }
}

impl InvalidKey {
    fn new(text: &str) -> Self {
        Self {
            text: text.chars().take(160).collect(),
        }
    }
}

/// Returns the position of the `:` that ends the kind, if `text` begins with a kind.
fn kind_end(text: &str) -> Option<usize> {
    let (kind, _) = text.split_once(':')?;
    let named = kind
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-');
    let visible = text.bytes().all(|b| b.is_ascii_graphic());
    (named && !kind.is_empty() && visible && text.len() <= MAX_BYTES).then_some(kind.len())
}

/// Name of a state item: `kind:rest`, such as `pr:octo/widgets#7`. Every backend orders keys by
/// their bytes.
///
/// ```
/// # use state::Key;
/// let key: Key = "review:octo/widgets#7@4f2a".parse()?;
/// assert_eq!(key.kind(), "review");
/// assert!("no kind".parse::<Key>().is_err());
/// # Ok::<(), state::InvalidKey>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(String);

impl Key {
    /// Creates a key from `kind` and `rest`, such as `Key::new("pr", &pr.to_string())`.
    ///
    /// # Errors
    /// [`InvalidKey`] if the two do not make a key.
    pub fn new(kind: &str, rest: &str) -> Result<Self, InvalidKey> {
        Self::try_from(format!("{kind}:{rest}"))
    }

    /// Returns the whole key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the part before the first `:`.
    pub fn kind(&self) -> &str {
        kind_of(&self.0)
    }
}

fn kind_of(text: &str) -> &str {
    text.split_once(':').map_or(text, |(kind, _)| kind)
}

impl TryFrom<String> for Key {
    type Error = InvalidKey;

    fn try_from(text: String) -> Result<Self, InvalidKey> {
        match kind_end(&text) {
            Some(end) if end + 1 < text.len() => Ok(Self(text)),
            Some(_) | None => Err(InvalidKey::new(&text)),
        }
    }
}

impl std::borrow::Borrow<str> for Key {
    // `Key` derives its order and hash from the text, as `Borrow` requires.
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FromStr for Key {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        Self::try_from(text.to_owned())
    }
}

impl From<Key> for String {
    fn from(key: Key) -> String {
        key.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Prefix of keys to list: the whole `kind:`, and optionally a part of the rest
/// (`review:octo/widgets#7@`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPrefix(String);

/// Position within a prefix at which a list continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume<'a> {
    /// At the first key of the prefix.
    Beginning,
    /// After this key, which has the prefix.
    After(&'a Key),
    /// At no key: every key of the prefix comes before.
    End,
}

impl KeyPrefix {
    /// Returns the whole prefix.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the kind of all keys with this prefix.
    pub fn kind(&self) -> &str {
        kind_of(&self.0)
    }

    /// Returns whether `key` begins with this prefix.
    pub fn has(&self, key: &Key) -> bool {
        key.0.starts_with(&self.0)
    }

    /// Returns the position after `after`, a key with or without the prefix.
    pub fn resume<'a>(&self, after: Option<&'a Key>) -> Resume<'a> {
        match after {
            Some(key) if self.has(key) => Resume::After(key),
            Some(key) if key.0 > self.0 => Resume::End,
            Some(_) | None => Resume::Beginning,
        }
    }
}

impl FromStr for KeyPrefix {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        match kind_end(text) {
            Some(_) => Ok(Self(text.to_owned())),
            None => Err(InvalidKey::new(text)),
        }
    }
}

impl fmt::Display for KeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_and_rejects_keys() {
        let long = format!("pr:{}", "x".repeat(MAX_BYTES));
        for (why, text, good) in [
            ("a pull request", "pr:octo/widgets#7", true),
            ("a second colon belongs to the rest", "ticket:a:b", true),
            ("a digit in the kind", "ticket2:a", true),
            ("no kind", "octo/widgets#7", false),
            ("an empty kind", ":octo", false),
            ("an empty rest", "pr:", false),
            ("a kind in capitals", "PR:octo", false),
            ("a space", "pr:octo widgets", false),
            ("a line break", "pr:octo\n", false),
            ("not ASCII", "pr:öcto", false),
            ("too long", long.as_str(), false),
        ] {
            assert_eq!(text.parse::<Key>().is_ok(), good, "{why}: {text:?}");
        }
    }

    #[test]
    fn prefix_has_whole_kind() {
        for (why, text, good) in [
            ("a kind", "pr:", true),
            ("a kind and more", "pr:octo/", true),
            ("a kind cut short would list two kinds", "p", false),
            ("everything", "", false),
        ] {
            assert_eq!(text.parse::<KeyPrefix>().is_ok(), good, "{why}: {text:?}");
        }
    }

    #[test]
    fn resumes_list_after_key() {
        let prefix: KeyPrefix = "pr:b".parse().unwrap();
        for (why, after, resume) in [
            ("before the prefix", "pr:a", "Beginning"),
            ("within", "pr:b1", "After"),
            ("behind the prefix", "pr:c", "End"),
            ("another kind, behind", "ticket:1", "End"),
        ] {
            let after: Key = after.parse().unwrap();
            let got = format!("{:?}", prefix.resume(Some(&after)));
            assert!(got.starts_with(resume), "{why}: {got}");
        }
        assert_eq!(prefix.resume(None), Resume::Beginning);
    }

    #[test]
    fn error_names_bad_key() {
        insta::assert_snapshot!(
            "pull request".parse::<Key>().unwrap_err(),
            @r#""pull request" is no state key: expected kind:rest in visible ASCII, the kind of a-z, 0-9, _ and -, at most 1024 bytes, such as pr:octo/widgets#7"#
        );
    }
}
