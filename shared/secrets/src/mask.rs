use crate::assigned::{is_secret, may_name_secret};
use crate::pem::{is_bare_base64, is_base64};
use std::borrow::Cow;
use std::ops::Range;

pub const MASKED: &str = "[masked]";

/// Replaces secrets in a line by `[masked]`: tokens with a known form, signed tokens, private keys,
/// passwords in addresses, and random values with the name of a secret. Prefers false positives to
/// missed secrets.
///
/// ```
/// let masked = secrets::mask("git clone https://bot:hunter22@git.acme.io/x");
/// assert_eq!(masked, "git clone https://bot:[masked]@git.acme.io/x");
/// ```
pub fn mask(line: &str) -> Cow<'_, str> {
    replace(line, &secrets(line), line.len()).0
}

/// Returns the first `most` bytes of `line` with `spans` replaced, and the number of bytes after
/// them. A span that begins before the end is replaced as a whole.
pub fn replace<'a>(line: &'a str, spans: &[Range<usize>], most: usize) -> (Cow<'a, str>, usize) {
    let most = line.floor_char_boundary(most);
    let mut text = String::new();
    let mut at = 0;
    for span in spans.iter().take_while(|span| span.start < most) {
        text += line.get(at..span.start).unwrap_or_default();
        text += MASKED;
        at = span.end;
    }
    let end = most.max(at);
    let tail = line.get(at..end).unwrap_or_default();
    let more = line.len() - end.min(line.len());
    if at == 0 && text.is_empty() {
        return (Cow::Borrowed(tail), more);
    }
    text += tail;
    (Cow::Owned(text), more)
}

/// Returns the ranges of the secrets on a line, in order and without overlaps.
pub fn secrets(line: &str) -> Vec<Range<usize>> {
    if is_bare_base64(line) {
        return vec![inner(line)];
    }
    let mut found: Vec<_> = crate::ALL
        .iter()
        .flat_map(|form| form.spans(line))
        .collect();
    found.extend(crate::telegram_bodies(line));
    signed_tokens(line, &mut found);
    passwords_in_addresses(line, &mut found);
    credentials_in_headers(line, &mut found);
    keys_on_one_line(line, &mut found);
    aws_secrets(line, &mut found);
    assigned(line, &mut found);
    found.retain(|span| !span.is_empty());
    found.sort_unstable_by_key(|span| (span.start, span.end));
    found.dedup_by(|next, last| {
        let joins = next.start <= last.end;
        if joins {
            last.end = last.end.max(next.end);
        }
        joins
    });
    found
}

/// `line` without the blanks around it.
pub fn inner(line: &str) -> Range<usize> {
    let start = line.len() - line.trim_start().len();
    start..start.max(line.trim_end().len())
}

fn url_safe(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
}

/// Returns the end of the run of ASCII `letter` bytes that begins at `start`.
fn run(line: &str, start: usize, letter: impl Fn(u8) -> bool) -> usize {
    let rest = line.as_bytes().get(start..).unwrap_or_default();
    start + rest.iter().take_while(|&&b| letter(b)).count()
}

/// Finds JSON Web Tokens (RFC 7519). They begin with `{"` in base64.
fn signed_tokens(line: &str, found: &mut Vec<Range<usize>>) {
    let mut end = 0;
    for (at, _) in line.match_indices("eyJ") {
        let before = at.checked_sub(1).and_then(|at| line.as_bytes().get(at));
        if at < end || before.is_some_and(|&b| url_safe(b)) {
            continue;
        }
        end = run(line, at, |b| url_safe(b) || b == b'.');
        let parts = line.get(at..end).unwrap_or_default().split('.');
        if end - at >= 40 && parts.filter(|part| part.len() >= 8).count() >= 2 {
            found.push(at..end);
        }
    }
}

/// Finds `scheme://user:password@host`.
fn passwords_in_addresses(line: &str, found: &mut Vec<Range<usize>>) {
    for (at, mark) in line.match_indices("://") {
        let start = at + mark.len();
        let rest = line.get(start..).unwrap_or_default();
        let ends = |c: char| c.is_whitespace() || "/\"'`?#<>".contains(c);
        let authority = rest.get(..rest.find(ends).unwrap_or(rest.len()));
        let Some((user_info, _)) = authority.and_then(|authority| authority.rsplit_once('@'))
        else {
            continue;
        };
        let Some((user, password)) = user_info.split_once(':') else {
            continue;
        };
        let variable = ["${", "$(", "{", "%{"]
            .iter()
            .any(|open| password.starts_with(open))
            || password
                .strip_prefix('$')
                .is_some_and(|name| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'));
        if !variable {
            let start = start + user.len() + 1;
            found.push(start..start + password.len());
        }
    }
}

/// Finds `Bearer …` and `Basic …`.
fn credentials_in_headers(line: &str, found: &mut Vec<Range<usize>>) {
    for scheme in ["earer ", "asic "] {
        for (at, _) in line.match_indices(scheme) {
            let start = at + scheme.len();
            let end = run(line, start, |b| {
                is_base64(b) || matches!(b, b'_' | b'-' | b'.' | b'~')
            });
            let body = line.get(start..end).unwrap_or_default();
            if body.len() >= 16 && body.bytes().any(|b| b.is_ascii_digit()) {
                found.push(start..end);
            }
        }
    }
}

/// Maximum length of a key's first line.
const LABEL: usize = 60;

/// Finds a private key whose lines are in one string.
fn keys_on_one_line(line: &str, found: &mut Vec<Range<usize>>) {
    let names_key = |&(at, _): &(usize, &str)| {
        let label = line.as_bytes().get(at..).unwrap_or_default();
        let label = label.get(..LABEL).unwrap_or(label);
        label.windows(11).any(|words| words == b"PRIVATE KEY")
    };
    let Some((begin, _)) = line.match_indices("-----BEGIN ").find(names_key) else {
        return;
    };
    let mut at = begin;
    while let Some(offset) = line
        .as_bytes()
        .get(at..)
        .and_then(|rest| rest.iter().position(|&b| is_base64(b)))
    {
        let start = at + offset;
        let end = run(line, start, is_base64);
        let rest = line.get(end..).unwrap_or_default();
        // The last piece of a key is short.
        let is_last = rest
            .trim_start_matches(['\\', ' '])
            .starts_with("-----END ")
            || rest.starts_with("\\n-----END ")
            || rest.starts_with("\\r\\n-----END ");
        if end - start >= 16 || is_last {
            found.push(start..end);
        }
        at = end;
    }
}

/// Finds AWS secret access keys. They have no prefix, but 40 letters on a line that mentions AWS.
fn aws_secrets(line: &str, found: &mut Vec<Range<usize>>) {
    let mut words = line.as_bytes().windows(3);
    let names_aws = words.any(|word| word.eq_ignore_ascii_case(b"aws"));
    if !names_aws && !line.contains("AKIA") {
        return;
    }
    let base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let mut at = 0;
    while let Some(offset) = line
        .as_bytes()
        .get(at..)
        .and_then(|rest| rest.iter().position(|&b| base64(b)))
    {
        let start = at + offset;
        at = run(line, start, base64);
        let body = line.get(start..at).unwrap_or_default();
        if body.len() == 40 && crate::is_random(body) {
            found.push(start..at);
        }
    }
}

/// Maximum bytes of a value that are examined.
const HEAD: usize = 200;

/// Finds `password = "…"`, `API_KEY=…`, `"token": "…"`, `&secret=…`.
fn assigned(line: &str, found: &mut Vec<Range<usize>>) {
    // Quotes may be escaped in a string that contains JSON. The replacement preserves positions.
    let escaped = line.contains("\\\"").then(|| line.replace("\\\"", " \""));
    let line = escaped.as_deref().unwrap_or(line);
    let looks_secret = |value: &str| {
        let head = value.get(..value.floor_char_boundary(HEAD));
        head.is_some_and(|head| is_secret(head.trim_end()))
    };
    for quote in ['"', '\'', '`'] {
        let mut quotes = line.match_indices(quote).map(|(at, _)| at).peekable();
        while let (Some(open), Some(&close)) = (quotes.next(), quotes.peek()) {
            let value = line.get(open + 1..close).unwrap_or_default();
            if value.len() >= 8
                && line.get(..open).is_some_and(may_name_secret)
                && looks_secret(value)
            {
                found.push(open + 1..open + 1 + value.trim_end().len());
            }
        }
    }
    let mut judged = 0;
    for (at, _) in line.match_indices(['=', ':']) {
        let rest = line.get(at + 1..).unwrap_or_default();
        let value = rest.trim_start_matches([' ', '\t', '>']);
        let start = line.len() - value.len();
        let ends = |b: &u8| b.is_ascii_whitespace() || b"\"'`;,&<>)}]".contains(b);
        let head = value.bytes().take(HEAD).position(|b| ends(&b));
        let head = head.unwrap_or_else(|| value.floor_char_boundary(HEAD));
        if at < judged
            || !line.get(..at).is_some_and(may_name_secret)
            || !value.get(..head).is_some_and(is_secret)
        {
            continue;
        }
        let end = value.bytes().position(|b| ends(&b)).unwrap_or(value.len());
        found.push(start..start + end);
        judged = start + end;
    }
}

#[cfg(test)]
mod tests;
