use event::Failure;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// DynamoDB takes no longer sort key ("Constraints in Amazon DynamoDB").
const MAX_BYTES: usize = 1024;

/// A text that is no key, or no prefix of keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no state key: expected kind:rest in visible ASCII, the kind of a-z, _ and -, \
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

/// The position of the `:` that ends the kind, when `text` begins as a key does.
fn kind_end(text: &str) -> Option<usize> {
    let (kind, _) = text.split_once(':')?;
    let named = kind
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'-');
    let visible = text.bytes().all(|b| b.is_ascii_graphic());
    (named && !kind.is_empty() && visible && text.len() <= MAX_BYTES).then_some(kind.len())
}

/// Names one state item: `kind:rest`, such as `pr:octo/widgets#7`. Keys are
/// ordered by their bytes, in every backend.
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
    /// The key of `kind` with `rest`, such as `Key::new("pr", &pr.to_string())`.
    ///
    /// # Errors
    /// [`InvalidKey`] when the two do not make a key.
    pub fn new(kind: &str, rest: &str) -> Result<Self, InvalidKey> {
        Self::try_from(format!("{kind}:{rest}"))
    }

    /// The whole key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the first `:`.
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
    // The same order and hash as the text: both are derived from it.
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

/// What a list of keys begins with: the whole `kind:`, and as much more as is
/// wanted (`review:octo/widgets#7@`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPrefix(String);

/// Where a list goes on after a key, within a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume<'a> {
    /// With the first key of the prefix.
    Beginning,
    /// After this key, which has the prefix.
    After(&'a Key),
    /// Nowhere: every key of the prefix comes before.
    End,
}

impl KeyPrefix {
    /// The whole prefix.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The kind that all keys with this prefix have.
    pub fn kind(&self) -> &str {
        kind_of(&self.0)
    }

    /// Whether `key` begins with this.
    pub fn has(&self, key: &Key) -> bool {
        key.0.starts_with(&self.0)
    }

    /// Where to go on after `after`, a key that need not have the prefix.
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
    fn keys_and_what_is_none() {
        let long = format!("pr:{}", "x".repeat(MAX_BYTES));
        for (why, text, good) in [
            ("a pull request", "pr:octo/widgets#7", true),
            ("a second colon belongs to the rest", "ticket:a:b", true),
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
    fn a_prefix_has_the_whole_kind() {
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
    fn a_list_goes_on_where_it_stopped() {
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
    fn a_bad_key_is_named() {
        insta::assert_snapshot!(
            "pull request".parse::<Key>().unwrap_err(),
            @r#""pull request" is no state key: expected kind:rest in visible ASCII, the kind of a-z, _ and -, at most 1024 bytes, such as pr:octo/widgets#7"#
        );
    }
}
