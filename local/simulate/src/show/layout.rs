//! Styled text, and its layout on a terminal.

use anstyle::Style;
use std::fmt::Write;

/// Text of one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    /// Printable text. A line feed breaks the line.
    pub(super) text: String,
    pub(super) style: Style,
}

impl Span {
    /// Creates a span. Control characters would reach the terminal: each becomes a space, except a
    /// line feed.
    pub(super) fn new(text: &str, style: Style) -> Self {
        let printable = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
        let is_shown = |c: &char| !is_invisible(*c);
        Self {
            text: text.chars().map(printable).filter(is_shown).collect(),
            style,
        }
    }

    pub(super) fn plain(text: &str) -> Self {
        Self::new(text, Style::new())
    }
}

/// Spans of one line.
pub(super) type Line = Vec<Span>;

/// Writes a line after `margin`.
pub(super) fn write_line(out: &mut String, margin: &[Span], line: &[Span]) {
    let mut text = String::new();
    for Span { text: part, style } in margin.iter().chain(line) {
        if !part.is_empty() {
            let _ = write!(text, "{style}{part}{style:#}");
        }
    }
    out.push_str(text.trim_end());
    out.push('\n');
}

/// Breaks spans into lines of at most `width` columns, between words. A longer word is broken.
pub(super) fn wrap(spans: &[Span], width: usize) -> Vec<Line> {
    let mut wrapped = Wrapped {
        width: width.max(1),
        lines: vec![Line::new()],
        used: 0,
    };
    let mut word = Line::new();
    for span in spans {
        for (n, line) in span.text.split('\n').enumerate() {
            if n > 0 {
                wrapped.push_word(std::mem::take(&mut word));
                wrapped.break_line();
            }
            for (n, part) in line.split(' ').enumerate() {
                if n > 0 {
                    wrapped.push_word(std::mem::take(&mut word));
                }
                if !part.is_empty() {
                    word.push(Span::new(part, span.style));
                }
            }
        }
    }
    wrapped.push_word(word);
    wrapped.lines
}

/// Cuts a line of code to `width` columns, with an ellipsis at its end.
pub(super) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let (kept, _) = split(text, width.saturating_sub(1));
    format!("{kept}…")
}

/// Lines that are being filled.
struct Wrapped {
    width: usize,
    lines: Vec<Line>,
    /// Used columns of the last line.
    used: usize,
}

impl Wrapped {
    fn push_word(&mut self, word: Line) {
        let length: usize = word.iter().map(|span| columns(&span.text)).sum();
        if length == 0 {
            return;
        }
        if self.used > 0 && self.used + 1 + length > self.width {
            self.break_line();
        }
        let mut has_gap = self.used > 0;
        for span in word {
            if std::mem::take(&mut has_gap) {
                self.push_gap(span.style);
            }
            self.push(span);
        }
    }

    fn push_gap(&mut self, next: Style) {
        self.used += 1;
        let Some(line) = self.lines.last_mut() else {
            return;
        };
        match line.last_mut() {
            Some(before) if before.style == next => before.text.push(' '),
            Some(_) | None => line.push(Span::plain(" ")),
        }
    }

    fn push(&mut self, span: Span) {
        let mut rest = span.text.as_str();
        while !rest.is_empty() {
            if self.used >= self.width {
                self.break_line();
            }
            let (part, after) = split(rest, self.width - self.used);
            if part.is_empty() && self.used > 0 {
                self.break_line();
                continue;
            }
            // A character wider than the line.
            let (part, after) = match part {
                "" => rest.split_at(rest.chars().next().map_or(0, char::len_utf8)),
                part => (part, after),
            };
            self.used += columns(part);
            if let Some(line) = self.lines.last_mut() {
                match line.last_mut() {
                    Some(before) if before.style == span.style => before.text.push_str(part),
                    Some(_) | None => line.push(Span::new(part, span.style)),
                }
            }
            rest = after;
        }
    }

    fn break_line(&mut self) {
        self.lines.push(Line::new());
        self.used = 0;
    }
}

/// Splits `text` after at most `width` columns.
fn split(text: &str, width: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += column_count(c);
        if used > width {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// Returns the number of columns that a terminal uses for `text`.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(column_count).sum()
}

/// Returns the columns of a character: 2 for wide characters of East Asian scripts and for
/// pictographs ("Unicode Standard Annex #11"), 0 for the usual combining marks.
fn column_count(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// Returns whether a character is a joiner, a mark or an override of the writing direction.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, width: usize) -> Vec<String> {
        let lines = wrap(&[Span::plain(text)], width);
        let text = |line: &Line| line.iter().map(|span| span.text.as_str()).collect();
        lines.iter().map(text).collect()
    }

    #[test]
    fn wraps_between_words() {
        for (why, text, width, lines) in [
            ("fits", "one two", 7, vec!["one two"]),
            ("one column short", "one two", 6, vec!["one", "two"]),
            ("long word", "a bcdefg h", 4, vec!["a", "bcde", "fg h"]),
            ("wide characters", "日本語 語", 6, vec!["日本語", "語"]),
            ("wider than the line", "日本", 1, vec!["日", "本"]),
            ("line feed", "one\ntwo", 9, vec!["one", "two"]),
            ("several spaces", "  one   two ", 9, vec!["one two"]),
            ("empty", "", 9, vec![""]),
        ] {
            assert_eq!(wrapped(text, width), lines, "{why}");
        }
    }

    #[test]
    fn keeps_styled_words_together() {
        let bold = Style::new().bold();
        let spans = [
            Span::plain("see ("),
            Span::new("here", bold),
            Span::plain(") now"),
        ];
        let lines = wrap(&spans, 8);
        let texts: Vec<Vec<_>> = lines
            .iter()
            .map(|line| line.iter().map(|span| span.text.as_str()).collect())
            .collect();
        assert_eq!(texts, [vec!["see"], vec!["(", "here", ")"], vec!["now"]]);
    }

    #[test]
    fn removes_control_characters() {
        let span = Span::plain("a\u{1b}[31mb\tc\u{200d}d\u{202e}e");
        assert_eq!(span.text, "a [31mb cde");
    }

    #[test]
    fn cuts_long_code() {
        assert_eq!(cut("let a = 1;", 10), "let a = 1;");
        assert_eq!(cut("let ab = 1;", 10), "let ab = …");
    }
}
