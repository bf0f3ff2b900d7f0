//! `wildcard`: `*` matches any characters, including dots and none at all.

/// A glob, split into the text before its first star, the texts between stars, and the text after
/// the last.
#[derive(Clone, Debug)]
pub(crate) struct Glob {
    tokens: Vec<Token>,
    first: String,
    /// `None` without a star; `first` is then the whole text.
    starred: Option<AfterStar>,
}

#[derive(Clone, Debug)]
struct AfterStar {
    middle: Vec<String>,
    last: String,
}

/// One step of a glob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Token {
    Byte(u8),
    Star,
}

impl Glob {
    /// Refuses `**` and any escape except `\*` and `\\`, and reports the offset as AWS does: in
    /// bytes, in the text with its opening quote, which equals counting from 1 without it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut tokens = Vec::with_capacity(text.len());
        let mut pieces = vec![String::new()];
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            let next = characters.peek().map(|&(_, next)| next);
            let literal = match character {
                '*' if next == Some('*') => {
                    return Err(format!("Consecutive wildcard characters at pos {}", at + 1));
                }
                '*' => {
                    tokens.push(Token::Star);
                    pieces.push(String::new());
                    continue;
                }
                '\\' => match characters.next() {
                    Some((_, escaped @ ('*' | '\\'))) => escaped,
                    _ => return Err(format!("Invalid escape character at pos {}", at + 1)),
                },
                other => other,
            };
            tokens.extend(literal.encode_utf8(&mut [0; 4]).bytes().map(Token::Byte));
            if let Some(piece) = pieces.last_mut() {
                piece.push(literal);
            }
        }
        let last = (pieces.len() > 1).then(|| pieces.pop()).flatten();
        let mut pieces = pieces.into_iter();
        Ok(Self {
            tokens,
            first: pieces.next().unwrap_or_default(),
            starred: last.map(|last| AfterStar {
                middle: pieces.collect(),
                last,
            }),
        })
    }

    /// Takes time proportional to `text`: each piece is searched once, from the end of the previous
    /// one.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let Some(starred) = &self.starred else {
            return text == self.first;
        };
        let Some(rest) = text.strip_prefix(self.first.as_str()) else {
            return false;
        };
        let Some(mut rest) = rest.strip_suffix(starred.last.as_str()) else {
            return false;
        };
        for piece in &starred.middle {
            let Some(at) = rest.find(piece.as_str()) else {
                return false;
            };
            rest = rest.get(at + piece.len()..).unwrap_or_default();
        }
        true
    }

    /// Returns the steps for computing a rule's complexity.
    pub(crate) fn tokens(&self) -> &[Token] {
        &self.tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_matches_any_characters() {
        let table = [
            ("nothing is only nothing", "", "", true),
            ("nothing is not something", "", "a", false),
            ("a star alone takes nothing", "*", "", true),
            ("a star alone takes anything", "*", "a.b/c", true),
            ("without a star it is the text", "abc", "abc", true),
            ("without a star it is all of the text", "abc", "abcd", false),
            ("a star at the end", "ab*", "ab", true),
            ("a star at the beginning", "*ab", "cab", true),
            ("a star at the beginning ends the text", "*ab", "abc", false),
            ("a star crosses dots and slashes", "a*z", "a.b/c.z", true),
            ("both ends do not share characters", "ab*ba", "aba", false),
            ("pieces come in order", "*b*a*", "ab", false),
            ("pieces do not overlap", "*aba*aba*", "ababa", false),
            ("pieces may touch", "*aba*aba*", "abaaba", true),
            (
                "the first place of a piece is not always its last",
                "*ab*c",
                "ababc",
                true,
            ),
            ("the end is looked for at the end", "a*b", "abab", true),
            ("an escaped star is a star", r"a\*b", "a*b", true),
            ("an escaped star is only a star", r"a\*b", "axb", false),
            ("an escaped backslash is a backslash", r"a\\b", r"a\b", true),
            ("an escaped star beside a star", r"a\**", "a*bc", true),
            ("case counts", "A*", "abc", false),
            ("beyond ASCII", "é*ß", "é🚀ß", true),
        ];
        for (why, glob, text, hit) in table {
            let glob = Glob::parse(glob).unwrap();
            assert_eq!(glob.matches(text), hit, "{why}: {text}");
        }
    }

    #[test]
    fn invalid_globs_return_aws_errors() {
        let table = [
            (
                "two stars",
                "ab**",
                "Consecutive wildcard characters at pos 3",
            ),
            (
                "the place is counted in bytes",
                "é**",
                "Consecutive wildcard characters at pos 3",
            ),
            (
                "an unknown escape",
                r"ab\n",
                r"Invalid escape character at pos 3",
            ),
            (
                "an escape of nothing",
                r"ab\",
                r"Invalid escape character at pos 3",
            ),
        ];
        for (why, glob, words) in table {
            assert_eq!(Glob::parse(glob).unwrap_err(), words, "{why}: {glob}");
        }
    }

    #[test]
    fn hostile_texts_match_in_linear_time() {
        let glob = Glob::parse(&format!("*{}b*", "a".repeat(4_000))).unwrap();
        assert!(!glob.matches(&"a".repeat(4_000_000)), "no b anywhere");
    }
}
