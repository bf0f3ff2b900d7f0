//! Bounds the nesting depth of a settings file. The parser bounds brackets and dotted keys
//! separately, but dotted keys within brackets multiply, and a table with many thousand levels
//! overflows the stack.

use toml_parser::Source;
use toml_parser::lexer::TokenKind;

/// Maximum depth of nested brackets. Settings need three.
const MAX_DEPTH: usize = 8;

/// Returns the position at which `text` is nested too deeply, if it is.
pub(crate) fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for token in Source::new(text).lex() {
        match token.kind() {
            TokenKind::LeftCurlyBracket | TokenKind::LeftSquareBracket => depth += 1,
            TokenKind::RightCurlyBracket | TokenKind::RightSquareBracket => {
                depth = depth.saturating_sub(1);
            }
            TokenKind::Dot
            | TokenKind::Equals
            | TokenKind::Comma
            | TokenKind::Whitespace
            | TokenKind::Comment
            | TokenKind::Newline
            | TokenKind::LiteralString
            | TokenKind::BasicString
            | TokenKind::MlLiteralString
            | TokenKind::MlBasicString
            | TokenKind::Atom
            | TokenKind::Eof => {}
        }
        if depth > MAX_DEPTH {
            return Some(token.span().start());
        }
    }
    None
}
