//! Splits lines into code, comments and strings. The lexer knows each language's quotes
//! and comments but no grammar. It restarts at each hunk, so it is wrong for a hunk that
//! begins inside a string or a comment.

use super::Language;

/// Longer lines are not written by hand; only rules that read the raw text see them.
pub(crate) const MAX_LINE: usize = 2_000;

/// State of the lexer at the end of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum LexerState {
    #[default]
    Code,
    /// Until `*/`.
    Comment,
    /// Until this text, across lines.
    Text(&'static str),
    /// A raw string in Rust, until a quote and this number of `#`.
    Raw(usize),
}

/// Splits a file's lines in order.
#[derive(Debug)]
pub(crate) struct Lexer {
    language: Language,
    inside: LexerState,
    /// Quotes without a closing one on this line. Remembering them avoids quadratic
    /// time on a line of many quotes.
    unclosed: Vec<char>,
}

/// Parts of a line. Each has the line's length in bytes, blank where the other part is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    /// Code with string contents blanked; the quotes remain.
    pub(crate) code: String,
    /// Text of comments without the comment marks.
    pub(crate) comment: String,
}

impl Parts {
    fn code(&mut self, text: &str) {
        self.code.push_str(text);
        blank(&mut self.comment, text.len());
    }

    fn comment(&mut self, text: &str) {
        self.comment.push_str(text);
        blank(&mut self.code, text.len());
    }

    fn neither(&mut self, text: &str) {
        blank(&mut self.code, text.len());
        blank(&mut self.comment, text.len());
    }
}

fn blank(text: &mut String, len: usize) {
    text.extend(std::iter::repeat_n(' ', len));
}

impl Lexer {
    pub(crate) fn new(language: Language) -> Self {
        Self {
            language,
            inside: LexerState::Code,
            unclosed: Vec::new(),
        }
    }

    /// Resets the state at a gap between hunks, which may hide a closing mark.
    pub(crate) fn gap(&mut self) {
        self.inside = LexerState::Code;
    }

    pub(crate) fn line(&mut self, text: &str) -> Parts {
        let mut parts = Parts::default();
        if text.len() > MAX_LINE {
            return parts;
        }
        self.unclosed.clear();
        let mut rest = text;
        if self.inside == LexerState::Code && self.has_slash_comments() && continues_comment(text) {
            let end = text.find("*/").map_or(text.len(), |at| at + 2);
            let (comment, after) = text.split_at(end);
            parts.comment(comment);
            rest = after;
        }
        while !rest.is_empty() {
            let taken = match self.inside {
                LexerState::Code => self.code(text, rest, &mut parts),
                LexerState::Comment => self.until(rest, "*/", &mut parts, Parts::comment),
                LexerState::Text(end) => self.until(rest, end, &mut parts, Parts::neither),
                LexerState::Raw(hashes) => {
                    let end = format!("\"{}", "#".repeat(hashes));
                    self.until(rest, &end, &mut parts, Parts::neither)
                }
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
        parts
    }

    /// Consumes one token of code, at least one character.
    fn code(&mut self, line: &str, rest: &str, parts: &mut Parts) -> usize {
        let before = line
            .get(..line.len() - rest.len())
            .and_then(|before| before.chars().next_back());
        if let Some(mark) = self.line_comment(rest, before) {
            let (mark, comment) = rest.split_at(mark);
            parts.neither(mark);
            parts.comment(comment);
            return rest.len();
        }
        if self.has_slash_comments() && rest.starts_with("/*") {
            parts.neither("/*");
            self.inside = LexerState::Comment;
            return 2;
        }
        if let Some((opening, inside)) = self.long_string(rest, before) {
            parts.code(opening);
            self.inside = inside;
            return opening.len();
        }
        let Some(quote @ ('"' | '\'' | '`')) = rest.chars().next() else {
            let end = rest.chars().next().map_or(1, char::len_utf8);
            parts.code(rest.get(..end).unwrap_or_default());
            return end;
        };
        let end = match self.unclosed.contains(&quote) {
            true => None,
            false => self.short_string(rest, quote),
        };
        match end {
            Some(end) => {
                let inner = rest.get(1..end - 1).unwrap_or_default();
                parts.code(rest.get(..1).unwrap_or_default());
                parts.neither(inner);
                parts.code(rest.get(end - 1..end).unwrap_or_default());
                end
            }
            None => {
                if self.language != Language::Rust || quote != '\'' {
                    self.unclosed.push(quote);
                }
                parts.code(rest.get(..1).unwrap_or_default());
                1
            }
        }
    }

    /// Consumes everything through `end`, or the whole line.
    fn until(
        &mut self,
        rest: &str,
        end: &str,
        parts: &mut Parts,
        take: fn(&mut Parts, &str),
    ) -> usize {
        match rest.find(end) {
            Some(at) => {
                let (inner, after) = rest.split_at(at);
                take(parts, inner);
                let closing = after.get(..end.len()).unwrap_or_default();
                if self.inside == LexerState::Comment {
                    parts.neither(closing);
                } else {
                    parts.code(closing);
                }
                self.inside = LexerState::Code;
                at + end.len()
            }
            None => {
                take(parts, rest);
                rest.len()
            }
        }
    }

    fn has_slash_comments(&self) -> bool {
        use Language as L;
        let languages = [
            L::C,
            L::CSharp,
            L::Css,
            L::Go,
            L::Java,
            L::JavaScript,
            L::Php,
            L::Rust,
            L::Swift,
        ];
        languages.contains(&self.language)
    }

    /// Returns the length of a mark that starts a line comment.
    fn line_comment(&self, rest: &str, before: Option<char>) -> Option<usize> {
        use Language as L;
        match self.language {
            L::Python => rest.starts_with('#').then_some(1),
            L::Dockerfile | L::Ruby | L::Shell | L::Toml | L::Yaml => {
                (rest.starts_with('#') && before.is_none_or(char::is_whitespace)).then_some(1)
            }
            L::Sql => rest.starts_with("--").then_some(2),
            L::C | L::CSharp | L::Go | L::Java | L::JavaScript | L::Php | L::Rust | L::Swift => {
                rest.starts_with("//").then_some(2)
            }
            L::Css | L::Html | L::Json | L::Text | L::Other => None,
        }
    }

    /// Returns the opening mark of a string that can span lines.
    fn long_string<'a>(
        &self,
        rest: &'a str,
        before: Option<char>,
    ) -> Option<(&'a str, LexerState)> {
        use Language as L;
        let is = |languages: &[L]| languages.contains(&self.language);
        let opens = |opening| rest.starts_with(opening);
        let quotes = if is(&[L::Python]) && opens("'''") {
            "'''"
        } else if is(&[L::Python, L::Java, L::Swift, L::CSharp]) && opens("\"\"\"") {
            "\"\"\""
        } else if is(&[L::JavaScript, L::Go]) && opens("`") {
            "`"
        } else if is(&[L::Rust]) && opens("r") && !before.is_some_and(is_name) {
            let hashes = rest.bytes().skip(1).take_while(|&b| b == b'#').count();
            let opening = rest.get(..hashes + 2).filter(|text| text.ends_with('"'))?;
            return Some((opening, LexerState::Raw(hashes)));
        } else {
            return None;
        };
        Some((rest.get(..quotes.len())?, LexerState::Text(quotes)))
    }

    /// Returns the end of a one-line string, after its closing quote.
    fn short_string(&self, rest: &str, quote: char) -> Option<usize> {
        if self.language == Language::Text {
            return None;
        }
        if self.language == Language::Rust && quote == '\'' && !rest.starts_with("'\\") {
            // `'a` is a lifetime more often than `'a'` is a character.
            let (end, _) = rest.char_indices().nth(2).filter(|&(_, c)| c == quote)?;
            return Some(end + 1);
        }
        let mut escaped = false;
        for (at, c) in rest.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                _ if c == quote => return Some(at + 1),
                _ => {}
            }
        }
        None
    }
}

/// Detects ` * text`, the form of lines inside a block comment.
fn continues_comment(text: &str) -> bool {
    let text = text.trim_start();
    text == "*" || text.starts_with("* ") || text.starts_with("*/")
}

pub(crate) fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn separates_code_and_comments() {
        use Language as L;
        for (why, language, text, code, comment) in [
            ("a comment", L::Rust, "f(); // g()", "f();", "g()"),
            ("a string", L::Rust, r#"f("dbg!(x)")"#, r#"f("")"#, ""),
            (
                "an escaped quote",
                L::Go,
                r#"f("\"g()", x)"#,
                r#"f("", x)"#,
                "",
            ),
            (
                "a lifetime",
                L::Rust,
                "f<'a>(x: &'a str)",
                "f<'a>(x: &'a str)",
                "",
            ),
            ("two lifetimes", L::Rust, "f<'a,'b>()", "f<'a,'b>()", ""),
            ("a letter", L::Rust, "f('\"', '\\'')", "f('', '')", ""),
            ("a raw string", L::Rust, "f(r#\"a\"b\"#)", "f(r#\"\"#)", ""),
            (
                "a mark in a string",
                L::Python,
                "f('# no')  # yes",
                "f('')",
                "yes",
            ),
            (
                "a URL is not a comment",
                L::JavaScript,
                "f('http://x')",
                "f('')",
                "",
            ),
            ("a template", L::JavaScript, "f(`a ${b}`)", "f(``)", ""),
            ("a block", L::C, "a /* b */ c", "a c", "b"),
            (
                "a block's line",
                L::Java,
                " * @return x()",
                "",
                "* @return x()",
            ),
            ("not a mark", L::Shell, "echo $# a#b", "echo $# a#b", ""),
            ("a dash", L::Sql, "select 1 -- one", "select 1", "one"),
            ("prose has no strings", L::Text, "it's 'f'", "it's 'f'", ""),
            ("an open string", L::Python, "it's f()", "it's f()", ""),
        ] {
            let parts = Lexer::new(language).line(text);
            let squeeze = |text: &str| {
                let words: Vec<_> = text.split_whitespace().collect();
                words
                    .join(" ")
                    .replace("\" \"", "\"\"")
                    .replace("' '", "''")
            };
            let squeezed = squeeze(&parts.code)
                .replace("` `", "``")
                .replace("\" \"#", "\"\"#");
            assert_eq!(squeezed, squeeze(code), "{why}: {text}");
            assert_eq!(squeeze(&parts.comment), comment, "{why}: {text}");
        }
    }

    #[test]
    fn open_comment_continues_until_closed() {
        let mut lexer = Lexer::new(Language::Python);
        let mut code = |text| lexer.line(text).code.trim().to_owned();
        assert_eq!(code("x = '''"), "x = '''");
        assert_eq!(code("eval(y)"), "");
        assert_eq!(code("'''; eval(y)"), "'''; eval(y)");
        assert_eq!(code("eval(y)"), "eval(y)");
    }

    proptest! {
        #[test]
        fn parts_have_length_of_line(lines in proptest::collection::vec("[-/*#'\"`r\\\\a é]{0,20}", 0..6)) {
            for language in [Language::Rust, Language::Python, Language::JavaScript, Language::Sql, Language::Text] {
                let mut lexer = Lexer::new(language);
                for line in &lines {
                    let parts = lexer.line(line);
                    prop_assert_eq!(parts.code.len(), line.len());
                    prop_assert_eq!(parts.comment.len(), line.len());
                }
            }
        }
    }
}
