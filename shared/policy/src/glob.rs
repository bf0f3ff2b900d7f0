//! Patterns of paths, as in `.gitignore` and `CODEOWNERS`, without what makes
//! those hard to foresee. A library that compiles patterns to automata costs a
//! function 700 KB and a millisecond of its start; these are read as they are.

use serde::{Deserialize, Serialize};
use std::str::Chars;

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
    /// What the braces stand for, each split at its slashes.
    either: Vec<Vec<String>>,
}

/// Why a text is no pattern of paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGlob {
    /// Nothing in it.
    #[error("it is empty")]
    Empty,
    /// More than 256 bytes.
    #[error("it has more than {} bytes", Glob::MAX_BYTES)]
    TooLong,
    /// Its braces stand for more than 64 patterns.
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
    pub const MAX_BYTES: usize = 256;
    /// What a pattern's braces may stand for.
    pub const MAX_EITHER: usize = 64;

    /// Reads `text`.
    ///
    /// # Errors
    /// [`InvalidGlob`] says what in it cannot be read.
    pub fn parse(text: &str) -> Result<Self, InvalidGlob> {
        if text.is_empty() {
            return Err(InvalidGlob::Empty);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidGlob::TooLong);
        }
        let unread = |c: &char| matches!(c, '[' | ']' | '\\' | '!') || c.is_control();
        if let Some(c) = text.chars().find(unread) {
            return Err(InvalidGlob::Character(c));
        }
        let either = expand(text)?;
        let either = either.iter().map(|text| parts(text));
        Ok(Self {
            text: text.to_owned(),
            either: either.collect::<Result<_, _>>()?,
        })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `path`, from the repository's root, is one of these. Takes time
    /// proportional to the lengths of both, multiplied, at worst.
    pub fn matches(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('/').collect();
        self.either.iter().any(|parts| folders(parts, &names))
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
            "**" => {}
            part if part.contains("**") => return Err(InvalidGlob::Folders),
            _ => {}
        }
        parts.push(part.to_owned());
    }
    if within {
        parts.push("**".to_owned());
    }
    // `a/**` is what is in the folder, not a file of its name.
    if parts.last().is_some_and(|part| part == "**") {
        parts.push("*".to_owned());
    }
    Ok(parts)
}

/// Whether `names` are what `parts` say. Only the last `**` is ever tried again:
/// what an earlier one could take besides, the last can take as well.
fn folders(parts: &[String], names: &[&str]) -> bool {
    let (mut part, mut at) = (parts.iter(), names.iter());
    let mut again = None;
    loop {
        match (part.next(), at.clone().next()) {
            (None, None) => return true,
            (Some(any), _) if any == "**" => again = Some((part.clone(), at.clone())),
            (Some(pattern), Some(word)) if name(pattern, word) => {
                at.next();
            }
            _ => {
                let Some((from, names)) = &mut again else {
                    return false;
                };
                if names.next().is_none() {
                    return false;
                }
                (part, at) = (from.clone(), names.clone());
            }
        }
    }
}

/// Whether `word` is what `pattern` says, in the same way.
fn name(pattern: &str, word: &str) -> bool {
    let (mut part, mut at) = (pattern.chars(), word.chars());
    let mut again: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        match (part.next(), at.clone().next()) {
            (None, None) => return true,
            (Some('*'), _) => again = Some((part.clone(), at.clone())),
            (Some(one), Some(c)) if one == '?' || one == c => {
                at.next();
            }
            _ => {
                let Some((from, word)) = &mut again else {
                    return false;
                };
                if word.next().is_none() {
                    return false;
                }
                (part, at) = (from.clone(), word.clone());
            }
        }
    }
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
        let long = "x".repeat(257);
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
            (&"{a,b}".repeat(7), InvalidGlob::TooMany),
        ] {
            assert_eq!(Glob::parse(pattern), Err(why), "{pattern}");
        }
    }

    #[test]
    fn stars_without_end_take_no_time() {
        let names = Glob::parse(&format!("{}b", "*a".repeat(120))).unwrap();
        assert!(!names.matches(&"a".repeat(4_000)));
        let folders = Glob::parse(&format!("{}b", "**/a/".repeat(50))).unwrap();
        assert!(!folders.matches(&"a/".repeat(2_000)));
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
        #[test]
        fn it_takes_what_every_split_would(
            pattern in "/(\\*\\*/|a/|\\*b?/|\\?/){0,4}(\\*|a\\*?b?|\\?)",
            path in "([ab]{1,3}/){0,5}[ab]{1,3}",
        ) {
            let bare: Vec<char> = pattern.chars().skip(1).collect();
            let path_chars: Vec<char> = path.chars().collect();
            let glob = Glob::parse(&pattern).unwrap();
            prop_assert_eq!(glob.matches(&path), plainly(&bare, &path_chars), "{} on {}", pattern, path);
        }
    }
}
