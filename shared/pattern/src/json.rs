//! Reads JSON text exactly as written: keys in order and with repetitions, numbers as text.
//!
//! `serde_json` keeps neither, and both affect a match, because Event Ruler reads a stream of
//! tokens.

use crate::number::Number;

/// The nesting limit for objects and arrays, the default of AWS's JSON reader.
pub(crate) const MAX_DEPTH: usize = 1_000;

/// A value without parts.
#[derive(Clone, Debug)]
pub(crate) enum Scalar {
    Text(String),
    Number(Number),
    Bool(bool),
    Null,
}

/// Receives the parts of a document in the order they are written.
pub(crate) trait Sink {
    fn begin_object(&mut self);
    fn key(&mut self, key: String);
    fn end_object(&mut self);
    fn begin_array(&mut self);
    fn end_array(&mut self);
    fn scalar(&mut self, value: Scalar);
}

/// The position and reason of a JSON syntax error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not JSON: {what} at line {line}, column {column}")]
pub struct SyntaxError {
    what: &'static str,
    line: usize,
    column: usize,
}

impl SyntaxError {
    /// Returns the line of the offending character, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the column of the offending character in its line, in characters, counted from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Open {
    Object,
    Array,
}

/// Sends every part of the one value in `text` to `sink`. Uses its own stack instead of recursion,
/// so depth costs no call stack.
pub(crate) fn read(text: &str, sink: &mut impl Sink) -> Result<(), SyntaxError> {
    let mut reader = Reader { text, at: 0 };
    let mut open: Vec<Open> = Vec::new();
    loop {
        let opened = reader.value(sink)?;
        if let Some(kind) = opened {
            if open.len() >= MAX_DEPTH {
                return Err(reader.error("nested too deeply"));
            }
            open.push(kind);
            if !reader.closes(kind) {
                if kind == Open::Object {
                    reader.key(sink)?;
                }
                continue;
            }
        }
        loop {
            let Some(&kind) = open.last() else {
                return match reader.peek() {
                    None => Ok(()),
                    Some(_) => Err(reader.error("something after the end")),
                };
            };
            if reader.closes(kind) {
                reader.at += 1;
                open.pop();
                match kind {
                    Open::Object => sink.end_object(),
                    Open::Array => sink.end_array(),
                }
            } else if reader.peek() == Some(b',') {
                reader.at += 1;
                if kind == Open::Object {
                    reader.key(sink)?;
                }
                break;
            } else {
                return Err(reader.error(match kind {
                    Open::Object => "a comma or a closing brace is missing",
                    Open::Array => "a comma or a closing bracket is missing",
                }));
            }
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Returns the next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.byte() {
            self.at += 1;
        }
        self.byte()
    }

    fn closes(&mut self, kind: Open) -> bool {
        self.peek()
            == Some(match kind {
                Open::Object => b'}',
                Open::Array => b']',
            })
    }

    fn error(&self, what: &'static str) -> SyntaxError {
        let before = self.text.get(..self.at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        SyntaxError {
            what,
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        }
    }

    /// Sends a whole scalar to the sink, but only the beginning of an object or array.
    fn value(&mut self, sink: &mut impl Sink) -> Result<Option<Open>, SyntaxError> {
        match self.peek() {
            Some(b'{') => {
                self.at += 1;
                sink.begin_object();
                return Ok(Some(Open::Object));
            }
            Some(b'[') => {
                self.at += 1;
                sink.begin_array();
                return Ok(Some(Open::Array));
            }
            Some(b'"') => {
                let text = self.string()?;
                sink.scalar(Scalar::Text(text));
            }
            Some(b'-' | b'0'..=b'9') => {
                let number = self.number()?;
                sink.scalar(Scalar::Number(number));
            }
            Some(b't') => self.word("true", Scalar::Bool(true), sink)?,
            Some(b'f') => self.word("false", Scalar::Bool(false), sink)?,
            Some(b'n') => self.word("null", Scalar::Null, sink)?,
            Some(_) => return Err(self.error("a value is expected")),
            None => return Err(self.error("the text ends early")),
        }
        Ok(None)
    }

    fn word(&mut self, word: &str, value: Scalar, sink: &mut impl Sink) -> Result<(), SyntaxError> {
        if !self.rest().starts_with(word) {
            return Err(self.error("a value is expected"));
        }
        self.at += word.len();
        sink.scalar(value);
        Ok(())
    }

    fn key(&mut self, sink: &mut impl Sink) -> Result<(), SyntaxError> {
        if self.peek() != Some(b'"') {
            return Err(self.error("a key in quotes is expected"));
        }
        let key = self.string()?;
        if self.peek() != Some(b':') {
            return Err(self.error("a colon is expected"));
        }
        self.at += 1;
        sink.key(key);
        Ok(())
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.byte() {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Number, SyntaxError> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        let leading_zero = self.byte() == Some(b'0');
        let whole = self.digits();
        if whole == 0 || (leading_zero && whole > 1) {
            return Err(self.error("a number begins with one digit, or with 1 to 9"));
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.error("a digit is expected"));
            }
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.error("a digit is expected"));
            }
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        Ok(Number::new(text))
    }

    /// Reads from the opening quote to behind the closing one.
    fn string(&mut self) -> Result<String, SyntaxError> {
        self.at += 1;
        let mut string = String::new();
        loop {
            let plain = self
                .rest()
                .bytes()
                .position(|byte| byte == b'"' || byte == b'\\' || byte < b' ')
                .unwrap_or(self.rest().len());
            string.push_str(self.rest().get(..plain).unwrap_or_default());
            self.at += plain;
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some(b'\\') => {
                    self.at += 1;
                    string.push(self.escape()?);
                }
                Some(_) => return Err(self.error("a control character is not escaped")),
                None => return Err(self.error("a string is not closed")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, SyntaxError> {
        let plain = match self.byte() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.error("an unknown escape")),
        };
        self.at += 1;
        Ok(plain)
    }

    /// Reads from the `u`. Half of a surrogate pair without the other half becomes U+FFFD.
    fn unicode(&mut self) -> Result<char, SyntaxError> {
        let first = self.four_hex_digits()?;
        if (0xD800..0xDC00).contains(&first) && self.rest().starts_with("\\u") {
            let behind_first = self.at;
            self.at += 1;
            let second = self.four_hex_digits()?;
            if (0xDC00..0xE000).contains(&second) {
                let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = behind_first;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn four_hex_digits(&mut self) -> Result<u32, SyntaxError> {
        let digits = self.text.get(self.at + 1..self.at + 5).unwrap_or_default();
        if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(self.error("four hexadecimal digits are expected"));
        }
        self.at += 5;
        u32::from_str_radix(digits, 16)
            .map_err(|_| self.error("four hexadecimal digits are expected"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::tree;

    #[test]
    fn reads_json_and_refuses_other_text() {
        let table = [
            ("an empty object", r"{}", true),
            ("empty arrays inside arrays", "[[],[ ]]", true),
            (
                "white space everywhere",
                " { \"a\" :\t[ 1 ,\r\n2 ] } ",
                true,
            ),
            ("all escapes", r#""\" \\ \/ \b \f \n \r \t é 🚀""#, true),
            ("half a surrogate pair is tolerated", r#""\ud83d""#, true),
            (
                "a surrogate followed by something else",
                r#""\ud83d\u0041""#,
                true,
            ),
            (
                "every form of number",
                "[0,-0,1.5,1e5,1E-5,1.0e+5,123]",
                true,
            ),
            ("words", "[true,false,null]", true),
            ("nothing", "", false),
            ("something after the end", "{} {}", false),
            ("a comma at the end of an object", r#"{"a":1,}"#, false),
            ("a comma at the end of an array", "[1,]", false),
            ("a key without quotes", "{a:1}", false),
            ("a missing colon", r#"{"a" 1}"#, false),
            ("closed by the wrong sign", "[1}", false),
            ("never closed", r#"{"a":[1"#, false),
            ("a string never closed", r#""abc"#, false),
            ("a line break in a string", "\"a\nb\"", false),
            ("an unknown escape", r#""\x""#, false),
            ("too few hexadecimal digits", r#""\u12""#, false),
            (
                "a sign where a hexadecimal digit belongs",
                r#""\u+123""#,
                false,
            ),
            ("a zero in front", "01", false),
            ("a lone minus", "-", false),
            ("no digit behind the point", "1.", false),
            ("no digit in the exponent", "1e", false),
            ("almost a word", "trve", false),
        ];
        for (why, text, good) in table {
            assert_eq!(tree(text).is_ok(), good, "{why}: {text}");
        }
    }

    #[test]
    fn errors_name_line_and_column() {
        let error = tree("{\n  \"é\" 1}").unwrap_err();
        assert_eq!(
            (error.line(), error.column()),
            (2, 7),
            "counted in characters"
        );
        assert_eq!(
            error.to_string(),
            "not JSON: a colon is expected at line 2, column 7"
        );
    }

    #[test]
    fn nesting_is_bounded_without_recursion() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(tree(&nested(MAX_DEPTH)).is_ok(), "as deep as AWS reads");
        assert!(tree(&nested(MAX_DEPTH + 1)).is_err(), "one deeper");
        assert!(
            tree(&"[".repeat(1_000_000)).is_err(),
            "as deep as anyone likes"
        );
    }
}
