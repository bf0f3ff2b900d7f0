//! Path patterns as in `.gitignore` and `CODEOWNERS`, without their surprising features. The crate
//! uses no library that compiles patterns to regular expressions: it would add 700 KB to a function
//! and a millisecond to its start.

use crate::automaton::Automaton;
use serde::{Deserialize, Serialize};

/// Path pattern, such as `src/**/*.{ts,tsx}`.
///
/// `*` matches any part of a name, `?` any one character of a name, `**` between slashes any number
/// of folders, `{a,b}` either alternative. A pattern without a slash matches names in any folder. A
/// pattern with a slash starts at the repository's root. A trailing slash matches everything in the
/// folder. Matching is case-sensitive.
///
/// ```
/// # use policy::Glob;
/// let tests = Glob::parse("src/**/*.test.{ts,tsx}").unwrap();
/// assert!(tests.matches("src/web/app.test.tsx"));
/// assert!(!tests.matches("src/web/app.tsx"));
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Glob {
    text: String,
    /// One automaton for each expansion of the braces.
    either: Vec<Automaton>,
}

/// Reason why a text is not a path pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGlob {
    /// The text is empty.
    #[error("it is empty")]
    Empty,
    /// The text has more than 120 characters.
    #[error("it has more than {} characters", Glob::MAX_CHARS)]
    TooLong,
    /// The braces expand to more than 32 patterns.
    #[error("its braces expand to more than {} patterns", Glob::MAX_EITHER)]
    TooMany,
    /// A brace has no counterpart.
    #[error("a brace is not closed, not opened, or within braces")]
    Brace,
    /// No path has such a part.
    #[error("an empty part, `.` and `..` are in no path")]
    Part,
    /// `**` is next to other characters.
    #[error("`**` must be a whole part between slashes")]
    Folders,
    /// Other tools give this character a meaning that is not supported.
    #[error("{0:?} is not supported; `?` matches any one character")]
    Character(char),
}

impl Glob {
    /// Maximum length of a pattern in characters.
    pub const MAX_CHARS: usize = 120;
    /// Maximum number of patterns that the braces can expand to.
    pub const MAX_EITHER: usize = 32;

    /// Parses `text`.
    ///
    /// # Errors
    /// [`InvalidGlob`] names the part of `text` that is not supported.
    pub fn parse(text: &str) -> Result<Self, InvalidGlob> {
        if text.is_empty() {
            return Err(InvalidGlob::Empty);
        }
        if text.chars().nth(Self::MAX_CHARS).is_some() {
            return Err(InvalidGlob::TooLong);
        }
        let unread = |c: &char| matches!(c, '[' | ']' | '\\' | '!') || c.is_control();
        if let Some(c) = text.chars().find(unread) {
            return Err(InvalidGlob::Character(c));
        }
        let either = expand(text)?;
        let either = either.iter().map(|text| Automaton::new(&parts(text)?));
        Ok(Self {
            text: text.to_owned(),
            either: either.collect::<Result<_, _>>()?,
        })
    }

    /// Returns the pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether the pattern matches `path`, which is relative to the repository's root.
    /// Reads each character once for each expansion of the braces.
    pub fn matches(&self, path: &str) -> bool {
        self.either.iter().any(|one| one.matches(path))
    }
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Glob {}

impl TryFrom<String> for Glob {
    type Error = InvalidGlob;

    fn try_from(text: String) -> Result<Self, InvalidGlob> {
        Self::parse(&text)
    }
}

impl From<Glob> for String {
    fn from(glob: Glob) -> Self {
        glob.text
    }
}

/// Returns all expansions of the braces in `text`.
fn expand(text: &str) -> Result<Vec<String>, InvalidGlob> {
    let mut whole = vec![String::new()];
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (within, beyond) = after.split_once('}').ok_or(InvalidGlob::Brace)?;
        if before.contains('}') || within.contains('{') {
            return Err(InvalidGlob::Brace);
        }
        if whole.len() * within.split(',').count() > Glob::MAX_EITHER {
            return Err(InvalidGlob::TooMany);
        }
        let with = |start: &String| {
            let start = format!("{start}{before}");
            let each = within.split(',').map(move |word| format!("{start}{word}"));
            each.collect::<Vec<_>>()
        };
        whole = whole.iter().flat_map(with).collect();
        rest = beyond;
    }
    if rest.contains('}') {
        return Err(InvalidGlob::Brace);
    }
    whole.iter_mut().for_each(|text| text.push_str(rest));
    Ok(whole)
}

/// Splits a pattern without braces into the names of the folders and of the file.
fn parts(text: &str) -> Result<Vec<String>, InvalidGlob> {
    let (rooted, text) = match text.strip_prefix('/') {
        Some(text) => (true, text),
        None => (text.trim_end_matches('/').contains('/'), text),
    };
    let (within, text) = match text.strip_suffix('/') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let mut parts = Vec::new();
    if !rooted {
        parts.push("**".to_owned());
    }
    for part in text.split('/') {
        match part {
            "" | "." | ".." => return Err(InvalidGlob::Part),
            // A repeated `**` matches the same paths as one.
            "**" if parts.last().is_some_and(|last| last == "**") => continue,
            "**" => {}
            part if part.contains("**") => return Err(InvalidGlob::Folders),
            _ => {}
        }
        parts.push(part.to_owned());
    }
    if within && parts.last().is_some_and(|part| part != "**") {
        parts.push("**".to_owned());
    }
    // `a/**` matches everything in the folder, not a file of that name.
    if parts.last().is_some_and(|part| part == "**") {
        parts.push("*".to_owned());
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn matches_paths() {
        for (why, pattern, path, hit) in [
            ("all", "**", "a", true),
            ("all, deep", "**", "a/b/c.rs", true),
            ("a name in any folder", "*.lock", "web/yarn.lock", true),
            ("and at the root", "*.lock", "Cargo.lock", true),
            ("only the whole name", "*.lock", "Cargo.lock.md", false),
            (
                "a slash begins at the root",
                "src/*.rs",
                "x/src/a.rs",
                false,
            ),
            ("so does one in front", "/*.md", "docs/a.md", false),
            ("so does one in front", "/*.md", "a.md", true),
            ("* stays in its folder", "src/*.rs", "src/a/b.rs", false),
            ("** may be no folder", "src/**/*.rs", "src/a.rs", true),
            ("** may be many", "src/**/*.rs", "src/a/b/c.rs", true),
            ("** twice", "**/a/**/b", "x/a/y/a/z/b", true),
            ("** twice, no match", "**/a/**/b", "x/b/y/a/z/c", false),
            ("a file in the folder", "src/**", "src/a/b", true),
            ("not a file of its name", "src/**", "src", false),
            ("a folder anywhere", "vendor/", "x/vendor/y/z.go", true),
            ("a folder at the root", "/vendor/", "x/vendor/y/z.go", false),
            ("a name is no folder", "vendor", "vendor/y.go", false),
            ("one character", "?.rs", "é.rs", true),
            ("not none", "?.rs", ".rs", false),
            ("nor a slash", "/a?b", "a/b", false),
            ("either", "*.{ts,tsx}", "a/b.tsx", true),
            ("neither", "*.{ts,tsx}", "a/b.js", false),
            ("braces with slashes", "{src,lib}/**", "lib/a", true),
            ("two pairs", "{a,b}/{c,d}", "b/c", true),
            ("tries again", "*a*b", "aXbab", true),
            (
                "brackets are reached by ?",
                "app/?id?/*",
                "app/[id]/x",
                true,
            ),
            ("case differs", "*.MD", "a.md", false),
            ("hidden files are files", "*", ".env", true),
            ("nothing is in no folder", "src/**", "", false),
        ] {
            let glob = Glob::parse(pattern).unwrap();
            assert_eq!(glob.matches(path), hit, "{why}: {pattern} on {path}");
        }
    }

    #[test]
    fn rejects_unsupported_patterns() {
        let long = "x".repeat(121);
        for (pattern, why) in [
            ("", InvalidGlob::Empty),
            (&long, InvalidGlob::TooLong),
            ("{a,b", InvalidGlob::Brace),
            ("a}", InvalidGlob::Brace),
            ("}{a}", InvalidGlob::Brace),
            ("{a,{b,c}}", InvalidGlob::Brace),
            ("a//b", InvalidGlob::Part),
            ("../a", InvalidGlob::Part),
            ("/", InvalidGlob::Part),
            ("{a,}", InvalidGlob::Part),
            ("**.rs", InvalidGlob::Folders),
            ("[a-z].rs", InvalidGlob::Character('[')),
            ("a\\*", InvalidGlob::Character('\\')),
            ("!a", InvalidGlob::Character('!')),
            ("a\nb", InvalidGlob::Character('\n')),
            (&"{a,b}".repeat(6), InvalidGlob::TooMany),
        ] {
            assert_eq!(Glob::parse(pattern), Err(why), "{pattern}");
        }
    }

    #[test]
    fn accepts_longest_patterns() {
        for (pattern, hit, miss) in [
            ("x".repeat(120), "x".repeat(120), "x".repeat(119)),
            ("?".repeat(120), "é".repeat(120), "é".repeat(121)),
            ("*a".repeat(60), "ba".repeat(60), "ba".repeat(59)),
            (
                format!("{}b", "**/a/".repeat(23)),
                format!("{}b", "a/".repeat(30)),
                "a/".repeat(30),
            ),
        ] {
            let glob = Glob::parse(&pattern).unwrap();
            assert!(glob.matches(&hit), "{pattern} on {hit}");
            assert!(!glob.matches(&miss), "{pattern} on {miss}");
        }
        let braces = format!("{{{}}}", vec!["*"; 32].join(","));
        assert!(Glob::parse(&braces).unwrap().matches("a/b"));
    }

    /// Matches by a simple reference algorithm that tries every way to split the path.
    fn plainly(pattern: &[char], path: &[char]) -> bool {
        match pattern {
            [] => path.is_empty(),
            ['*', '*', '/', rest @ ..] => {
                plainly(rest, path)
                    || (0..path.len()).any(|i| path[i] == '/' && plainly(rest, &path[i + 1..]))
            }
            ['*', rest @ ..] => (0..=path.len())
                .take_while(|i| !path[..*i].contains(&'/'))
                .any(|i| plainly(rest, &path[i..])),
            [one, rest @ ..] => path.split_first().is_some_and(|(first, beyond)| {
                (first == one || (*one == '?' && *first != '/')) && plainly(rest, beyond)
            }),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

        #[test]
        fn automaton_agrees_with_reference_algorithm(
            pattern in "/(\\*\\*/|a/|\\*b?/|a?\\?b?/){0,4}(\\*|a\\*?b?|\\?)",
            path in "([ab]{1,3}/){0,5}[ab]{1,3}",
        ) {
            let bare: Vec<char> = pattern.chars().skip(1).collect();
            let path_chars: Vec<char> = path.chars().collect();
            let glob = Glob::parse(&pattern).unwrap();
            prop_assert_eq!(glob.matches(&path), plainly(&bare, &path_chars), "{} on {}", pattern, path);
        }
    }
}
