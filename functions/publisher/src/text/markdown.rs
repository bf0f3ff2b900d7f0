//! Markdown that shows what strangers and models wrote as text.

/// A code span that whatever is in it cannot leave. Of nothing there is none: its two
/// backticks would run together with the next.
pub(super) fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest == 0 {
        format!("{fence}{text}{fence}")
    } else {
        format!("{fence} {text} {fence}")
    }
}

/// Text in a sentence: no markup but code spans, no mention, no reference, no line of
/// its own.
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
        // Nor may one span's backticks run together with another's.
        if shown.ends_with('`') && !span.is_empty() {
            shown.push(' ');
        }
        shown += &code(span);
    }
    unlisted(&shown)
}

/// `text` where a line begins: no list, no rule and no heading either.
fn unlisted(text: &str) -> String {
    let text = text.trim_start();
    let number = text.bytes().take_while(u8::is_ascii_digit).count();
    let (before, after) = text.split_at_checked(number).unwrap_or(("", text));
    let begins = match number {
        0 => ['-', '+', '='].as_slice(),
        _ => ['.', ')'].as_slice(),
    };
    match after.starts_with(begins) {
        true => format!("{before}\\{after}"),
        false => text.to_owned(),
    }
}

/// GitHub sees a mention, a reference or an address behind an escaped sign too: a joiner
/// of no width behind the sign keeps it from seeing one ("Autolinked references and
/// URLs").
fn escaped(text: &str) -> String {
    const JOINER: char = '\u{200d}';
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

/// Lines of code in a fence that they cannot close.
pub(super) fn fenced(kind: &str, lines: &str) -> String {
    let longest = lines.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{kind}\n{lines}\n{fence}")
}

#[cfg(test)]
mod tests;
