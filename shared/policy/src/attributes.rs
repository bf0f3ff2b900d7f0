use crate::Glob;
use serde::{Deserialize, Serialize};

/// Lines of `.gitattributes` that are read.
const MAX_LINES: usize = 1_000;
/// Bytes of what is kept of them, as JSON: they are part of a review's state item.
const MAX_KEPT: usize = 16 * 1024;

/// Which files a repository's `.gitattributes` calls written by a tool or by people
/// elsewhere: `linguist-generated`, `linguist-vendored` (GitHub Docs, "Customizing how
/// changed files appear"). As the settings, it is the base branch's: a pull request
/// hides nothing of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attributes(Vec<(Glob, bool)>);

impl Attributes {
    /// Reads `text`. A line that says neither, or whose pattern is none that
    /// [`Glob`] takes, counts for nothing; so do lines behind what is read or kept.
    pub fn parse(text: &str) -> Self {
        let mut room = MAX_KEPT;
        let mut read = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let Some((glob, is_generated)) = self::line(line) else {
                continue;
            };
            let left = room.checked_sub(kept(glob.as_str()));
            let Some(left) = left.filter(|_| number <= MAX_LINES) else {
                tracing::warn!(
                    ".gitattributes is long: its line {number} and what follows do not count"
                );
                break;
            };
            room = left;
            read.push((glob, is_generated));
        }
        Self(read)
    }

    /// Whether the file at `path` is called so. The last line that takes it decides.
    pub fn is_generated(&self, path: &str) -> bool {
        let mut lines = self.0.iter().rev();
        let last = lines.find(|(glob, _)| glob.matches(path));
        last.is_some_and(|(_, is_generated)| *is_generated)
    }
}

/// What a pattern takes as JSON, at most: `["…",false],`, with `"` and `\\` escaped.
fn kept(pattern: &str) -> usize {
    let escaped = |c: char| match c {
        '"' | '\\' => 2,
        c if c.is_control() => 6,
        c => c.len_utf8(),
    };
    pattern.chars().map(escaped).sum::<usize>() + 11
}

/// `pattern attribute -attribute attribute=value` ("gitattributes").
fn line(line: &str) -> Option<(Glob, bool)> {
    let mut words = line.split_whitespace();
    let pattern = words.next().filter(|pattern| !pattern.starts_with('#'))?;
    let said = words.filter_map(|word| {
        let (off, word) = match word.strip_prefix(['-', '!']) {
            Some(word) => (true, word),
            None => (false, word),
        };
        let (name, value) = word.split_once('=').unwrap_or((word, "true"));
        let is_it = matches!(name, "linguist-generated" | "linguist-vendored");
        is_it.then_some(!off && value != "false")
    });
    // Either is enough.
    let is_generated = said.reduce(|one, other| one || other)?;
    Some((Glob::parse(pattern).ok()?, is_generated))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_in_bytes() {
        for (why, pattern) in [
            ("many letters of four bytes", "\u{1f600}".repeat(100)),
            ("what JSON escapes", "\"".repeat(110)),
            ("short ones", "a".to_owned()),
        ] {
            let line = format!("{pattern} linguist-generated\n");
            let attributes = Attributes::parse(&line.repeat(1_200));
            let bytes = serde_json::to_string(&attributes).unwrap().len();
            assert!(bytes <= MAX_KEPT + 2, "{why}: {bytes}");
            assert!(bytes > 10_000, "{why}: {bytes} is most of what it may have");
        }
        let late = format!("{}a linguist-generated", "#\n".repeat(MAX_LINES));
        assert_eq!(Attributes::parse(&late), Attributes::default());
    }

    #[test]
    fn what_a_file_of_attributes_calls_generated() {
        let attributes = Attributes::parse(
            "# linguist-generated\n\
             * text=auto\n\
             *.pb.rs linguist-generated\n\
             /schema/** linguist-generated=true -diff\n\
             /schema/own.sql linguist-generated=false\n\
             lib/** linguist-vendored\n\
             lib/ours.js -linguist-vendored\n\
             [ab].txt linguist-generated\n",
        );
        for (why, path, generated) in [
            ("by its ending", "src/api.pb.rs", true),
            ("by its folder", "schema/a/b.sql", true),
            ("a later line", "schema/own.sql", false),
            ("vendored", "lib/jquery.js", true),
            ("a later line takes it back", "lib/ours.js", false),
            ("a pattern that cannot be read", "a.txt", false),
            ("another attribute", "src/main.rs", false),
        ] {
            assert_eq!(attributes.is_generated(path), generated, "{why}");
        }
    }
}
