//! Text of others, made fit for an error or a log line.

use secrecy::{ExposeSecret, SecretString};

/// Characters of another's text that an error repeats.
const QUOTED: usize = 300;

/// Takes secrets out of texts that the endpoint, or the model, sent: the key, and what
/// else has the form of one.
#[derive(Clone)]
pub(crate) struct Redactor(SecretString);

impl Redactor {
    pub(crate) fn new(key: SecretString) -> Self {
        Self(key)
    }

    /// `text` without secrets.
    pub(crate) fn redact(&self, text: &str) -> String {
        let keyless = text.replace(self.0.expose_secret(), "[key]");
        let lines = keyless.split_inclusive('\n');
        lines.map(secrets::mask).collect()
    }

    /// One line of at most 300 characters, without secrets.
    pub(crate) fn line(&self, text: &str) -> String {
        clip(&self.redact(text), QUOTED)
    }
}

/// The first `most` characters of `text`, in one line; `…` stands for the rest.
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
    fn the_key_is_taken_out_before_the_text_is_clipped() {
        let redactor = Redactor::new("sk-123456".into());
        let text = format!("{}sk-123456 and\nmore", "x".repeat(296));
        let line = redactor.line(&text);
        assert!(!line.contains("sk-1"), "half a key is left: {line}");
        assert_eq!(line.chars().count(), QUOTED + 1);
        assert_eq!(redactor.line(" a\nb "), "a b");
    }

    #[test]
    fn the_secrets_of_others_are_taken_out_too() {
        // In two parts: this file holds no token.
        let token = format!("ghp_{}", "Zx81kQ0vTn5LwRc3YbHd7PmSf2AeUj9GiO4N");
        let redactor = Redactor::new("sk-123456".into());
        let text = format!("it says {token},\nsk-123456 and {token}");
        let told = "it says [masked],\n[key] and [masked]";
        assert_eq!(redactor.redact(&text), told);
    }
}
