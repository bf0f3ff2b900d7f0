//! Sanitizes untrusted text for errors and log lines.

use secrecy::{ExposeSecret, SecretString};

/// Maximum characters of untrusted text in an error.
const QUOTED: usize = 300;

/// Removes secrets from texts of the endpoint or the model: the key, and other texts with the form
/// of a secret.
#[derive(Clone)]
pub(crate) struct Redactor(SecretString);

impl Redactor {
    pub(crate) fn new(key: SecretString) -> Self {
        Self(key)
    }

    /// Returns `text` without secrets.
    pub(crate) fn redact(&self, text: &str) -> String {
        let keyless = text.replace(self.0.expose_secret(), "[key]");
        let lines = keyless.split_inclusive('\n');
        lines.map(secrets::mask).collect()
    }

    /// Returns one line of at most 300 characters, without secrets.
    pub(crate) fn line(&self, text: &str) -> String {
        clip(&self.redact(text), QUOTED)
    }
}

/// Returns the first `most` characters of `text` in one line. `…` marks omitted text.
pub(crate) fn clip(text: &str, most: usize) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut clipped: String = text.trim().chars().take(most).map(plain).collect();
    if text.trim().chars().nth(most).is_some() {
        clipped.push('…');
    }
    clipped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_is_removed_before_clipping() {
        let redactor = Redactor::new("sk-123456".into());
        let text = format!("{}sk-123456 and\nmore", "x".repeat(296));
        let line = redactor.line(&text);
        assert!(!line.contains("sk-1"), "half a key is left: {line}");
        assert_eq!(line.chars().count(), QUOTED + 1);
        assert_eq!(redactor.line(" a\nb "), "a b");
    }

    #[test]
    fn other_secrets_are_removed() {
        // Split in two parts, so that this file contains no token.
        let token = format!("ghp_{}", "Zx81kQ0vTn5LwRc3YbHd7PmSf2AeUj9GiO4N");
        let redactor = Redactor::new("sk-123456".into());
        let text = format!("it says {token},\nsk-123456 and {token}");
        let told = "it says [masked],\n[key] and [masked]";
        assert_eq!(redactor.redact(&text), told);
    }
}
