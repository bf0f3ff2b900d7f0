//! Escapes text of users and models for Markdown.

use super::command;

/// Invisible character that separates a sign from the following word.
const JOINER: char = '\u{200d}';

/// Returns a code span that its content cannot close. Returns an empty text for empty input: the
/// two backticks would join the next span's.
pub(super) fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let text = unaddressed(&text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest == 0 {
        format!("{fence}{text}{fence}")
    } else {
        format!("{fence} {text} {fence}")
    }
}

/// Separates the sign of a mention that text follows: GitHub notifies no user from code, but other
/// bots read the source of a comment. A path or a decorator, such as `@types/node`, is unchanged.
fn unaddressed(text: &str) -> String {
    let mut parts = text.split('@');
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        shown.push('@');
        let name = part.split(char::is_whitespace).next().unwrap_or_default();
        let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if is_name && name.len() < part.trim_end().len() {
            shown.push(JOINER);
        }
        shown += part;
    }
    shown
}

/// Returns text for a sentence: no markup except code spans, no mention, no reference, no line
/// break.
pub(super) fn plain(text: &str) -> String {
    let spans: Vec<_> = text.trim().split('`').collect();
    if spans.len() % 2 == 0 {
        let escaped: Vec<_> = spans.into_iter().map(escaped).collect();
        return unlisted(&escaped.join("\\`"));
    }
    let mut shown = String::with_capacity(text.len());
    for (n, span) in spans.into_iter().enumerate() {
        if n % 2 == 0 {
            shown += &escaped(span);
            continue;
        }
        // The backticks of two adjacent spans must not join, either.
        if shown.ends_with('`') && !span.is_empty() {
            shown.push(' ');
        }
        shown += &code(span);
    }
    unlisted(&shown)
}

/// Escapes a list, a rule, a heading or a bot's command at the start of a line.
fn unlisted(text: &str) -> String {
    let text = text.trim_start();
    let number = text.bytes().take_while(u8::is_ascii_digit).count();
    let (before, after) = text.split_at_checked(number).unwrap_or(("", text));
    let begins = match number {
        0 => ['-', '+', '='].as_slice(),
        _ => ['.', ')'].as_slice(),
    };
    if after.starts_with(begins) {
        format!("{before}\\{after}")
    } else if command::begins(text) {
        format!("{JOINER}{text}")
    } else {
        text.to_owned()
    }
}

/// Escapes `text` and adds a zero-width joiner after signs such as `@` and `#`: GitHub detects
/// mentions, references and addresses also after an escaped sign ("Autolinked references and
/// URLs").
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before = ['\0'; 3];
    for c in text.chars() {
        let [third, second, first] = before.map(|c| c.to_ascii_lowercase());
        match c {
            c if c.is_control() => escaped.push(' '),
            '#' => escaped.extend(['\\', '#', JOINER]),
            '\\' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '!' | '~' | '&' | '$' => {
                escaped.extend(['\\', c]);
            }
            '@' => escaped.extend(['@', JOINER]),
            '-' if (second, first) == ('g', 'h') && !third.is_alphanumeric() => {
                escaped.extend(['-', JOINER]);
            }
            '/' if first == ':' => escaped.extend([JOINER, '/']),
            '.' if [third, second, first] == ['w', 'w', 'w'] => {
                escaped.extend([JOINER, '.']);
            }
            c => escaped.push(c),
        }
        before = [before[1], before[2], c];
    }
    escaped
}

/// Returns lines of code in a fence that they cannot close.
pub(super) fn fenced(kind: &str, lines: &str) -> String {
    let longest = lines.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{kind}\n{lines}\n{fence}")
}

#[cfg(test)]
mod tests;
