//! How deep a file's brackets go. The parser bounds brackets and dotted keys each
//! by itself, but dotted keys within brackets multiply, and a table of many
//! thousand levels is more than a stack holds.

use toml_parser::Source;
use toml_parser::lexer::TokenKind;

/// Brackets within brackets; settings need three.
const MAX_DEPTH: usize = 8;

/// Where `text` goes too deep, if it does.
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
