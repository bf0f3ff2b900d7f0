//! Patterns of paths, as in `.gitignore` and `CODEOWNERS`, without what makes
//! those hard to foresee. A library that compiles patterns to regular expressions
//! costs a function 700 KB and a millisecond of its start.

use crate::automaton::Automaton;
use serde::{Deserialize, Serialize};

/// A pattern of paths, such as `src/**/*.{ts,tsx}`.
///
/// `*` is any part of a name, `?` any one character of it, `**` between slashes
/// any number of folders, `{a,b}` either. A pattern without a slash is of names
/// in any folder; one with a slash begins at the repository's root. A slash at
/// the end means all that is in the folder. Upper and lower case differ.
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
    /// What the braces stand for.
    either: Vec<Automaton>,
}

/// Why a text is no pattern of paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGlob {
    /// Nothing in it.
    #[error("it is empty")]
    Empty,
    /// More than 120 characters.
    #[error("it has more than {} characters", Glob::MAX_CHARS)]
    TooLong,
    /// Its braces stand for more than 32 patterns.
    #[error("its braces stand for more than {} patterns", Glob::MAX_EITHER)]
    TooMany,
    /// A brace without its other.
    #[error("a brace is not closed, not opened, or within braces")]
    Brace,
    /// A path would not have such a part.
    #[error("an empty part, `.` and `..` are in no path")]
    Part,
    /// `**` beside other characters.
    #[error("`**` stands alone between slashes")]
    Folders,
    /// What other tools give a meaning that is not read here.
    #[error("{0:?} is not read; `?` stands for any one character")]
    Character(char),
}

impl Glob {
    /// The longest pattern.
    pub const MAX_CHARS: usize = 120;
    /// What a pattern's braces may stand for.
    pub const MAX_EITHER: usize = 32;

    /// Reads `text`.
    ///
    /// # Errors
    /// [`InvalidGlob`] says what in it cannot be read.
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

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `path`, from the repository's root, is one of these. Reads each
    /// character once for each of what the braces stand for.
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

/// All that the braces in `text` stand for.
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

/// A pattern without braces, as the names of folders and at last of a file.
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
            // Twice is no more than once.
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
    // `a/**` is what is in the folder, not a file of its name.
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
    fn a_pattern_takes_paths() {
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
            ("** twice, in vain", "**/a/**/b", "x/b/y/a/z/c", false),
            ("what is in the folder", "src/**", "src/a/b", true),
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
    fn what_cannot_be_read_is_named() {
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
    fn the_longest_patterns_are_read() {
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

    /// The same question, asked plainly: every way to split the path is tried.
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
        fn it_takes_what_every_split_would(
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
