//! Markdown that shows what strangers and models wrote as text.

/// A code span that whatever is in it cannot leave.
pub(super) fn code(text: &str) -> String {
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

/// Text in a sentence: no markup but code spans, no mention, no line of its own.
pub(super) fn plain(text: &str) -> String {
    let spans: Vec<_> = text.split('`').collect();
    if spans.len() % 2 == 0 {
        return spans
            .into_iter()
            .map(escaped)
            .collect::<Vec<_>>()
            .join("\\`");
    }
    let spans = spans.into_iter().enumerate();
    let shown = |(n, span)| {
        if n % 2 == 0 {
            escaped(span)
        } else {
            code(span)
        }
    };
    spans.map(shown).collect()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before = ['\0'; 3];
    for c in text.chars() {
        match c {
            c if c.is_control() => escaped.push(' '),
            '\\' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '!' | '~' | '&' => {
                escaped.push('\\');
                escaped.push(c);
            }
            // GitHub sees a mention behind an escaped sign too: a joiner of no
            // width between the sign and the name keeps it from seeing one.
            '@' => escaped.push_str("@\u{200d}"),
            // Nor a link in what begins like an address ("Autolinks").
            '/' if before[2] == ':' => escaped.push_str("\u{200d}/"),
            '.' if before.map(|c| c.to_ascii_lowercase()) == ['w', 'w', 'w'] => {
                escaped.push_str("\u{200d}.");
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
