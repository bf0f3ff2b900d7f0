use crate::is_random;
use std::ops::{Range, RangeInclusive};

/// Format of a token: prefix, length, alphabet.
#[derive(Debug, Clone)]
pub struct Form {
    /// Possible prefixes.
    pub prefixes: &'static [&'static str],
    /// Number of characters behind the prefix.
    pub len: RangeInclusive<usize>,
    /// Accepted characters, all of them ASCII.
    pub letter: fn(u8) -> bool,
}

impl Form {
    /// Returns whether `text` contains a token of this format that looks generated.
    pub fn is_in(&self, text: &str) -> bool {
        self.bodies(text).any(is_random)
    }

    /// Returns the part behind the prefix of each token of the right length. A token is not
    /// preceded or followed by a letter, digit, `_` or `-`, so that no part of a longer word
    /// matches.
    pub fn bodies<'a>(&self, text: &'a str) -> impl Iterator<Item = &'a str> {
        self.prefixes.iter().flat_map(move |prefix| {
            text.match_indices(prefix).filter_map(move |(at, _)| {
                let after = behind(text, at, prefix)?;
                let body = take(after, self.len.end() + 1, self.letter);
                let next = after.as_bytes().get(body.len()).copied();
                (self.len.contains(&body.len()) && !next.is_some_and(base62)).then_some(body)
            })
        })
    }

    /// Returns the ranges of tokens of this format in `text`, with their prefix, for redaction. The
    /// tokens need not be random, and may be too long or truncated to half; a token without a digit
    /// counts as words unless it has the right length. The time is linear in the text.
    pub fn spans(&self, text: &str) -> Vec<Range<usize>> {
        let least = (self.len.start() / 2).max(12);
        let mut spans = Vec::new();
        for prefix in self.prefixes {
            let mut from = 0;
            while let Some(found) = text.get(from..).and_then(|rest| rest.find(prefix)) {
                let at = from + found;
                from = at + prefix.len();
                let Some(after) = behind(text, at, prefix) else {
                    continue;
                };
                let body = take(after, usize::MAX, self.letter);
                let has_digit = || body.bytes().any(|b| b.is_ascii_digit());
                if body.len() < least {
                    continue;
                }
                from += body.len();
                if has_digit() || self.len.contains(&body.len()) {
                    spans.push(at..from);
                }
            }
        }
        spans
    }
}

/// Returns the text behind the `prefix` at `at`, unless the prefix is inside of a longer word.
fn behind<'a>(text: &'a str, at: usize, prefix: &str) -> Option<&'a str> {
    let (before, after) = text.split_at_checked(at)?;
    match before.bytes().next_back() {
        Some(byte) if url_safe(byte) => None,
        _ => after.get(prefix.len()..),
    }
}

/// Returns the leading bytes of `text` that satisfy `letter` (all of them ASCII), at most `most`.
pub(crate) fn take(text: &str, most: usize, letter: fn(u8) -> bool) -> &str {
    let len = text.bytes().take(most).take_while(|&b| letter(b)).count();
    text.get(..len).unwrap_or_default()
}

pub(crate) fn letter(b: u8) -> bool {
    b.is_ascii_alphabetic()
}

pub(crate) fn base62(b: u8) -> bool {
    b.is_ascii_alphanumeric()
}

pub(crate) fn base64(b: u8) -> bool {
    base62(b) || matches!(b, b'+' | b'/')
}

pub(crate) fn name(b: u8) -> bool {
    base62(b) || b == b'_'
}

pub(crate) fn url_safe(b: u8) -> bool {
    base62(b) || matches!(b, b'_' | b'-')
}

pub(crate) fn lower_hex(b: u8) -> bool {
    b.is_ascii_digit() || (b'a'..=b'f').contains(&b)
}

#[cfg(test)]
mod tests {
    use crate::samples::{BASE32, BASE62, random};
    use crate::{ALL, AWS_KEY, GITHUB, MODEL_API};

    #[test]
    fn redacts_whole_tokens() {
        let b = |len| random(len, BASE62);
        for (why, form, token, hit) in [
            ("just right", GITHUB, format!("ghp_{}", b(36)), true),
            ("longer than known", GITHUB, format!("ghs_{}", b(400)), true),
            ("cut to half", GITHUB, format!("ghp_{}", b(18)), true),
            (
                "an example",
                AWS_KEY,
                concat!("AKIA", "IOSFODNN7EXAMPLE").to_owned(),
                true,
            ),
            (
                "too short to be of use",
                AWS_KEY,
                format!("AKIA{}", random(8, BASE32)),
                false,
            ),
            (
                "words",
                MODEL_API,
                "sk-thisisaverylongname".to_owned(),
                false,
            ),
        ] {
            let text = format!("é \"{token}\" {token}");
            let spans = form.spans(&text);
            let found: Vec<_> = spans.iter().map(|span| &text[span.clone()]).collect();
            let expected = if hit {
                vec![token.as_str(); 2]
            } else {
                Vec::new()
            };
            assert_eq!(found, expected, "{why}: {text}");
        }
    }

    #[test]
    fn finds_no_token_inside_words() {
        let text = format!("task-{} x_ghp_{}", random(40, BASE62), random(36, BASE62));
        assert!(
            ALL.iter().all(|form| form.spans(&text).is_empty()),
            "{text}"
        );
    }
}
