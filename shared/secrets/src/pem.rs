//! Detects private keys over several lines (RFC 7468).

use diff::LineKind;

/// Marks the lines of a hunk that belong to a private key's body. A hunk may begin or end within a
/// key, so either edge of the key is enough.
///
/// Only lines that look like a key's are: else a comment with a key's first line
/// would hide all code behind it.
pub fn key_lines(lines: &[(LineKind, &str)]) -> Vec<bool> {
    let mut found = vec![false; lines.len()];
    mark(lines.iter().zip(&mut found), "-----BEGIN ", LONG);
    // A key's last line may be short.
    mark(lines.iter().zip(&mut found).rev(), "-----END ", 1);
    found
}

/// Length that every line of a key's body except the last exceeds.
const LONG: usize = 16;

/// Marks the lines after a line with `edge`, separately for each side of the diff. The first marked
/// line has at least `first` letters.
fn mark<'a>(
    lines: impl Iterator<Item = (&'a (LineKind, &'a str), &'a mut bool)>,
    edge: &str,
    first: usize,
) {
    // Minimum length of the key's next line, or `None` outside a key.
    let (mut old, mut new) = (None, None);
    for ((kind, text), found) in lines {
        let sides: &mut [&mut Option<usize>] = match kind {
            LineKind::Removed => &mut [&mut old],
            LineKind::Added => &mut [&mut new],
            LineKind::Context => &mut [&mut old, &mut new],
        };
        for side in sides {
            let body = body(text);
            **side = match **side {
                _ if is_edge(text, edge) => Some(first),
                Some(least) if is_around(body) => Some(least),
                Some(least) if is_body(body, least) => {
                    *found = true;
                    Some(LONG)
                }
                Some(_) | None => None,
            };
        }
    }
}

fn is_edge(text: &str, edge: &str) -> bool {
    text.find(edge)
        .and_then(|at| text.get(at..))
        .is_some_and(|rest| rest.contains("PRIVATE KEY"))
}

/// Returns a line without the string or comment syntax around it.
fn body(text: &str) -> &str {
    let text = text.trim_start_matches("//");
    let text = text.trim_matches(|c: char| c.is_whitespace() || "\"'`+,;#*|".contains(c));
    let text = text.strip_suffix("\\n").unwrap_or(text);
    text.strip_suffix('\\').unwrap_or(text)
}

/// Returns true for lines of a key that are not its body: blank lines, headers.
fn is_around(body: &str) -> bool {
    let headers = ["Proc-Type: ", "DEK-Info: ", "Version: ", "Comment: "];
    body.is_empty() || headers.iter().any(|header| body.starts_with(header))
}

fn is_body(body: &str, least: usize) -> bool {
    let has_digit = body.len() < LONG || body.bytes().any(|b| b.is_ascii_digit());
    body.len() >= least && has_digit && body.bytes().all(is_base64)
}

/// Returns whether `text` is only base64, as wide as in a key file. A hunk can show a key without
/// its first and last line.
pub fn is_bare_base64(text: &str) -> bool {
    let text = text.trim_matches(|c: char| c.is_whitespace() || "\"',".contains(c));
    (60..=80).contains(&text.len())
        && text.bytes().all(is_base64)
        && text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().any(|b| b.is_ascii_uppercase())
        && crate::bits_per_letter(text) >= 4.5
}

pub fn is_base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::BASE62;
    use LineKind::{Added, Context, Removed};

    #[test]
    fn detects_key_lines_only() {
        let begin = &["-----BEGIN PRIV", "ATE KEY-----"].concat();
        let end = &["-----END PRIV", "ATE KEY-----"].concat();
        let (a, b) = (crate::samples::random(64, BASE62), "abcd1234abcd1234");
        for (why, lines, expected) in [
            (
                "a key",
                vec![
                    (Added, begin.as_str()),
                    (Added, &a),
                    (Added, b),
                    (Added, "de=="),
                    (Added, end),
                    (Added, b),
                ],
                "011100",
            ),
            (
                "its beginning",
                vec![(Added, begin), (Added, b), (Added, "d e"), (Added, b)],
                "0100",
            ),
            (
                "its end",
                vec![(Added, "a b"), (Added, b), (Added, end), (Added, b)],
                "0100",
            ),
            (
                "with headers",
                vec![
                    (Added, begin),
                    (Added, "DEK-Info: x"),
                    (Added, ""),
                    (Added, b),
                ],
                "0001",
            ),
            (
                "a new body between the same ends",
                vec![(Context, begin), (Removed, &a), (Added, b), (Context, end)],
                "0110",
            ),
            (
                "one taken out, another text put in",
                vec![(Removed, begin), (Added, b), (Removed, &a), (Removed, end)],
                "0010",
            ),
            (
                "code behind a key's first line is not hidden",
                vec![(Added, begin), (Added, "evil();"), (Added, b)],
                "000",
            ),
            (
                "nor is a command",
                vec![(Added, begin), (Added, "evil"), (Added, "x=y")],
                "000",
            ),
            (
                "a public key",
                vec![(Added, "-----BEGIN PUBLIC KEY-----"), (Added, b)],
                "00",
            ),
            (
                "in strings",
                vec![
                    (Added, begin),
                    (Added, "  \"abcd1234abcd1234\\n\" +"),
                    (Added, end),
                ],
                "010",
            ),
        ] {
            let found = key_lines(&lines);
            let found: String = found.iter().map(|&is| if is { '1' } else { '0' }).collect();
            assert_eq!(found, expected, "{why}");
        }
    }
}
