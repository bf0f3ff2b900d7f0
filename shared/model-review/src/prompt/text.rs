use review::rules::unseen::is_stripped;
use std::borrow::Cow;

/// Removes invisible characters and characters that break a line: bidirectional controls,
/// zero-width and tag characters, variation selectors, line separators, and control characters
/// except the tab.
///
/// ```
/// assert_eq!(model_review::prompt::strip("if\u{200b} a\u{202e}\tb\r"), "if a\tb");
/// ```
pub fn strip(text: &str) -> Cow<'_, str> {
    if !text.contains(is_stripped) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|&c| !is_stripped(c)).collect())
}

/// Returns `text` as a JSON string. Escapes the characters that [`strip`] removes, so that the name
/// stays unambiguous.
pub(crate) fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json += "\\\"",
            '\\' => json += "\\\\",
            '\n' => json += "\\n",
            '\r' => json += "\\r",
            '\t' => json += "\\t",
            c if is_stripped(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    json += &format!("\\u{unit:04x}");
                }
            }
            c => json.push(c),
        }
    }
    json.push('"');
    json
}

/// Replacement of a nonce.
pub(crate) const REMOVED: &str = "[removed]";

/// Removes `nonce` from `text`, ignoring case.
pub(crate) fn without_nonce<'a>(text: Cow<'a, str>, nonce: &str) -> Cow<'a, str> {
    if nonce.is_empty() || text.len() < nonce.len() {
        return text;
    }
    let nonce = nonce.to_ascii_lowercase();
    let lower = text.to_ascii_lowercase();
    if !lower.contains(&nonce) {
        return text;
    }
    let mut kept = String::with_capacity(text.len());
    let mut end = 0;
    for (at, _) in lower.match_indices(&nonce) {
        kept += text.get(end..at).unwrap_or_default();
        // The replacement prevents the surrounding text from forming the nonce again.
        kept += REMOVED;
        end = at + nonce.len();
    }
    kept += text.get(end..).unwrap_or_default();
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_invisible_characters() {
        for (why, text, expected) in [
            ("plain", "let x = 1;", "let x = 1;"),
            ("a tab stays", "\tx", "\tx"),
            ("other letters stay", "مرحبا é 日本 🦀", "مرحبا é 日本 🦀"),
            ("direction", "a\u{202e}b\u{2066}c\u{200f}", "abc"),
            (
                "no width",
                "a\u{200b}b\u{200d}c\u{feff}\u{2060}\u{ad}",
                "abc",
            ),
            ("tags", "a\u{e0041}\u{e007f}\u{e0100}b", "ab"),
            (
                "a terminal's controls",
                "a\u{1b}[31m\u{7}\0\u{7f}\u{85}",
                "a[31m",
            ),
            ("line ends", "a\rb\u{2028}c\u{2029}d\n", "abcd"),
            ("selectors", "❤\u{fe0f}", "❤"),
        ] {
            assert_eq!(strip(text), expected, "{why}");
        }
    }

    #[test]
    fn quotes_path_as_one_string() {
        for (why, path, expected) in [
            ("plain", "src/a.rs", r#""src/a.rs""#),
            ("quotes and ends", "a\"\n`\\\u{1}", r#""a\"\n`\\\u0001""#),
            ("hidden", "a\u{202e}\u{e0041}b", r#""a\u202e\udb40\udc41b""#),
        ] {
            assert_eq!(quoted(path), expected, "{why}");
        }
    }

    #[test]
    fn removes_every_nonce() {
        for (why, text, expected) in [
            ("none", "abc", "abc"),
            ("one", "x0123abcdy", "x[removed]y"),
            ("in capitals", "0123ABCD", "[removed]"),
            ("one in the other", "0120123abcd3abcd", "012[removed]3abcd"),
        ] {
            assert_eq!(without_nonce(text.into(), "0123abcd"), expected, "{why}");
        }
        assert_eq!(without_nonce("abc".into(), ""), "abc", "no nonce, no end");
    }
}
