use crate::Glob;
use serde::{Deserialize, Serialize};

/// Maximum number of lines read from `.gitattributes`.
const MAX_LINES: usize = 1_000;
/// Maximum size of the stored patterns in bytes of JSON. They are part of a review's state item.
const MAX_KEPT: usize = 16 * 1024;

/// Files that a repository's `.gitattributes` marks as `linguist-generated` or `linguist-vendored`
/// (GitHub Docs, "Customizing how changed files appear"). The file is read from the base branch, as
/// the settings are, so that a pull request cannot hide its own files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attributes(Vec<(Glob, bool)>);

impl Attributes {
    /// Reads `text`. Ignores lines without one of the two attributes, lines with a pattern that
    /// [`Glob`] does not support, and everything behind the line limit or the size limit.
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
                    ".gitattributes exceeds the limits: ignoring line {number} and all lines behind it"
                );
                break;
            };
            room = left;
            read.push((glob, is_generated));
        }
        Self(read)
    }

    /// Returns whether the file at `path` is marked. The last matching line decides.
    pub fn is_generated(&self, path: &str) -> bool {
        let mut lines = self.0.iter().rev();
        let last = lines.find(|(glob, _)| glob.matches(path));
        last.is_some_and(|(_, is_generated)| *is_generated)
    }
}

/// Returns the maximum size of a pattern as JSON: `["…",false],`, with `"` and `\\` escaped.
fn kept(pattern: &str) -> usize {
    let escaped = |c: char| match c {
        '"' | '\\' => 2,
        c if c.is_control() => 6,
        c => c.len_utf8(),
    };
    pattern.chars().map(escaped).sum::<usize>() + 11
}

/// Parses `pattern attribute -attribute attribute=value` ("gitattributes").
fn line(line: &str) -> Option<(Glob, bool)> {
    let mut words = line.split_whitespace();
    let pattern = words.next().filter(|pattern| !pattern.starts_with('#'))?;
    let values = words.filter_map(|word| {
        let (off, word) = match word.strip_prefix(['-', '!']) {
            Some(word) => (true, word),
            None => (false, word),
        };
        let (name, value) = word.split_once('=').unwrap_or((word, "true"));
        let is_it = matches!(name, "linguist-generated" | "linguist-vendored");
        is_it.then_some(!off && value != "false")
    });
    // One of the two attributes is enough.
    let is_generated = values.reduce(|one, other| one || other)?;
    Some((Glob::parse(pattern).ok()?, is_generated))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_stored_patterns_in_bytes() {
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
    fn reads_generated_and_vendored_attributes() {
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
