//! Identifiers assigned by GitHub: repository, pull request, commit.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A text is not a valid identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no {what}")]
pub struct InvalidKey {
    text: String,
    what: &'static str,
}

impl InvalidKey {
    fn new(text: &str, what: &'static str) -> Self {
        Self {
            text: text.chars().take(160).collect(),
            what,
        }
    }
}

macro_rules! as_text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = InvalidKey;

            fn try_from(text: String) -> Result<Self, InvalidKey> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(key: $name) -> String {
                key.to_string()
            }
        }
    };
}

/// `owner/name`, as in GitHub's `repository.full_name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoName(String);

as_text!(RepoName);

impl RepoName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RepoName {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let part = |part: &str| {
            (1..=100).contains(&part.len())
                && part != "."
                && part != ".."
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        };
        match text.split_once('/') {
            Some((owner, name)) if part(owner) && part(name) => Ok(Self(text.to_owned())),
            _ => Err(InvalidKey::new(text, "repository name (owner/name)")),
        }
    }
}

impl fmt::Display for RepoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One pull request, written `owner/name#7`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PrKey {
    /// Repository of the base branch.
    pub repo: RepoName,
    /// Number in that repository, from 1.
    pub number: u64,
}

as_text!(PrKey);

impl FromStr for PrKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let invalid = || InvalidKey::new(text, "pull request (owner/name#number)");
        let (repo, number) = text.rsplit_once('#').ok_or_else(invalid)?;
        match number.parse() {
            Ok(number) if number > 0 && !text.contains('+') => Ok(Self {
                repo: repo.parse()?,
                number,
            }),
            _ => Err(invalid()),
        }
    }
}

impl fmt::Display for PrKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.repo, self.number)
    }
}

/// A commit id: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HeadSha(String);

as_text!(HeadSha);

impl HeadSha {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first seven digits, as GitHub shows them.
    pub fn short(&self) -> &str {
        self.0.get(..7).unwrap_or(&self.0)
    }
}

impl FromStr for HeadSha {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if matches!(text.len(), 40 | 64) && text.bytes().all(hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidKey::new(
                text,
                "commit id (40 or 64 hexadecimal digits)",
            ))
        }
    }
}

impl fmt::Display for HeadSha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_accept_only_github_identifiers() {
        for (why, text, good) in [
            ("plain", "octo/widgets#7", true),
            (
                "dots, dashes, underscores",
                "octo-org/w.id_gets-2#12345",
                true,
            ),
            ("no number", "octo/widgets#", false),
            ("numbers begin at 1", "octo/widgets#0", false),
            ("no sign", "octo/widgets#+7", false),
            ("parent folder", "../widgets#7", false),
            ("one slash", "octo/wid/gets#7", false),
            (
                "no character with a meaning in a URL",
                "octo/wid?gets#7",
                false,
            ),
        ] {
            assert_eq!(text.parse::<PrKey>().is_ok(), good, "{why}: {text}");
        }
        assert!("a".repeat(40).parse::<HeadSha>().is_ok());
        assert!("A".repeat(40).parse::<HeadSha>().is_err());
        assert!("a".repeat(41).parse::<HeadSha>().is_err());
    }
}
