//! Converts the output of git commands to the format of GitHub's diffs, which [`diff::parse`] reads.
//!
//! Handles colours (`color.ui=always`), other path prefixes (`diff.noprefix`,
//! `diff.mnemonicPrefix`) and text around the diffs: commit messages of `git show`, and messages
//! and signatures of `git format-patch --stdout`.

use std::borrow::Cow;

/// Letters that git writes before the slash of a path ("diff.mnemonicPrefix" in git's
/// documentation).
const PREFIXES: [char; 8] = ['a', 'b', 'c', 'i', 'o', 'w', '1', '2'];

/// Line that precedes the signature of a mail ("git format-patch", `--signature`).
const SIGNATURE: &str = "-- ";

/// Output of a git command.
#[derive(Debug, Default)]
pub struct GitOutput {
    /// Diff in the format of GitHub.
    pub diff: String,
    /// Paths of combined diffs, which git writes for merges. They have no side that a reviewer
    /// could comment on.
    pub combined: Vec<String>,
}

impl GitOutput {
    /// Reads the output of a git command. Keeps the lines of a malformed file as they are, so that
    /// the parser reports the file.
    pub fn read(text: &str) -> Self {
        let text = without_colours(text);
        let mut reader = Reader::default();
        for line in text.split_inclusive('\n') {
            reader.take(line);
        }
        reader.end_header();
        reader.output
    }
}

/// Part of the output that the next line belongs to.
#[derive(Debug, Clone, Copy, Default)]
enum Part {
    /// Text before, between or after files.
    #[default]
    Text,
    /// Lines of a file before its first hunk.
    Header,
    /// Hunk with the number of lines to come, on the old and on the new side.
    Hunk { old: usize, new: usize },
}

#[derive(Debug, Default)]
struct Reader<'a> {
    output: GitOutput,
    part: Part,
    header: Vec<&'a str>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, line: &'a str) {
        let content = content(line);
        let combined = content
            .strip_prefix("diff --cc ")
            .or_else(|| content.strip_prefix("diff --combined "));
        // No line of a hunk begins with a letter.
        if content.starts_with("diff --git ") {
            self.end_header();
            self.header.push(line);
            self.part = Part::Header;
        } else if let Some(path) = combined {
            self.end_header();
            self.output.combined.push(path.to_owned());
            self.part = Part::Text;
        } else {
            self.part = match self.part {
                Part::Text => Part::Text,
                Part::Header => self.take_header(line, content),
                Part::Hunk { old: 0, new: 0 } => self.take_after_hunk(line, content),
                Part::Hunk { old, new } => self.take_hunk(line, content, old, new),
            };
        }
    }

    fn take_header(&mut self, line: &'a str, content: &str) -> Part {
        if content.starts_with("@@ ") {
            self.end_header();
            self.output.diff += line;
            hunk(content)
        } else if content.is_empty() || content == SIGNATURE {
            self.end_header();
            Part::Text
        } else {
            self.header.push(line);
            Part::Header
        }
    }

    fn take_hunk(&mut self, line: &str, content: &str, old: usize, new: usize) -> Part {
        self.output.diff += line;
        let (old, new) = match content.chars().next() {
            Some('+') => (old, new.saturating_sub(1)),
            Some('-') => (old.saturating_sub(1), new),
            Some(' ') | None => (old.saturating_sub(1), new.saturating_sub(1)),
            Some(_) => (old, new),
        };
        Part::Hunk { old, new }
    }

    /// Keeps lines that look like a part of the hunk although its header does not count them: the
    /// parser then reports the file as malformed.
    fn take_after_hunk(&mut self, line: &str, content: &str) -> Part {
        let ended = Part::Hunk { old: 0, new: 0 };
        if content.starts_with("@@ ") {
            self.output.diff += line;
            hunk(content)
        } else if content.is_empty() {
            ended
        } else if content != SIGNATURE && content.starts_with(['+', '-', ' ', '\\']) {
            self.output.diff += line;
            ended
        } else {
            Part::Text
        }
    }

    /// Writes the header with the prefixes `a/` and `b/`, or as it is if its prefixes are unknown.
    fn end_header(&mut self) {
        let header = std::mem::take(&mut self.header);
        let is_prefixed = is_prefixed(&header);
        for line in header {
            let content = content(line);
            match is_prefixed.and_then(|it| converted(content, it)) {
                Some(text) => {
                    self.output.diff += &text;
                    self.output.diff += line.get(content.len()..).unwrap_or_default();
                }
                None => self.output.diff += line,
            }
        }
    }
}

/// Returns the line without its end.
fn content(line: &str) -> &str {
    line.trim_end_matches(['\n', '\r'])
}

/// Returns the hunk that the line `@@ -1,2 +3,4 @@` begins. A malformed line begins none.
fn hunk(line: &str) -> Part {
    let count = |range: Option<&str>, sign| {
        let range = range?.strip_prefix(sign)?;
        match range.split_once(',') {
            Some((_, count)) => count.parse().ok(),
            None => Some(1),
        }
    };
    let mut words = line.split(' ').skip(1);
    let (old, new) = (count(words.next(), '-'), count(words.next(), '+'));
    Part::Hunk {
        old: old.unwrap_or(0),
        new: new.unwrap_or(0),
    }
}

/// Returns whether the paths in a file's header have a prefix such as `a/`; `None` if unknown. The
/// lines of a rename or copy never have one.
fn is_prefixed(header: &[&str]) -> Option<bool> {
    let (first, rest) = header.split_first()?;
    let names = content(first).strip_prefix("diff --git ")?;
    let path = |rename: &str, copy: &str| {
        rest.iter().find_map(|line| {
            let line = content(line);
            line.strip_prefix(rename)
                .or_else(|| line.strip_prefix(copy))
        })
    };
    let from = path("rename from ", "copy from ");
    let to = path("rename to ", "copy to ");
    match (from, to) {
        (Some(from), Some(to)) => Some(names != format!("{from} {to}")),
        _ => {
            let (old, new) = halves(names)?;
            let is_prefixed = old != new;
            let is_known = !is_prefixed || without_prefix(old)? == without_prefix(new)?;
            is_known.then_some(is_prefixed)
        }
    }
}

/// Returns the line of a header with the prefixes `a/` and `b/`; `None` if the line stays as it is.
fn converted(line: &str, is_prefixed: bool) -> Option<String> {
    let path = |name, prefix: &str| {
        let (quote, path) = if is_prefixed {
            without_prefix(name)?
        } else {
            unquoted(name)
        };
        Some(format!("{quote}{prefix}{path}"))
    };
    if let Some(names) = line.strip_prefix("diff --git ") {
        let (old, new) = halves(names)?;
        return Some(format!(
            "diff --git {} {}",
            path(old, "a/")?,
            path(new, "b/")?
        ));
    }
    let (sign, name, prefix) = if let Some(name) = line.strip_prefix("--- ") {
        ("---", name, "a/")
    } else {
        ("+++", line.strip_prefix("+++ ")?, "b/")
    };
    match name {
        "/dev/null" => None,
        name => Some(format!("{sign} {}", path(name, prefix)?)),
    }
}

/// Returns both names of a `diff --git` line. They have the same length unless the file was
/// renamed, so the middle is known even if a name contains blanks.
fn halves(names: &str) -> Option<(&str, &str)> {
    let (old, new) = names.split_at_checked(names.len() / 2)?;
    Some((old, new.strip_prefix(' ')?))
}

/// Returns the opening quotation mark, if git quoted the name, and the rest.
fn unquoted(name: &str) -> (&str, &str) {
    match name.strip_prefix('"') {
        Some(rest) => ("\"", rest),
        None => ("", name),
    }
}

/// Removes the prefix from a name. Returns the opening quotation mark, and the rest.
fn without_prefix(name: &str) -> Option<(&str, &str)> {
    let (quote, path) = unquoted(name);
    let path = path.strip_prefix(PREFIXES)?.strip_prefix('/')?;
    Some((quote, path))
}

/// Removes the colours of a coloured diff. Keeps the escape codes of a diff without colours: they
/// are part of a file.
fn without_colours(text: &str) -> Cow<'_, str> {
    let is_coloured = text
        .lines()
        .filter(|line| line.starts_with('\u{1b}'))
        .any(|line| without_codes(line).starts_with("diff --"));
    if is_coloured {
        Cow::Owned(without_codes(text))
    } else {
        Cow::Borrowed(text)
    }
}

/// Removes the codes that set a colour or clear the rest of a line (ECMA-48, SGR and EL).
fn without_codes(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        match rest.strip_prefix(['m', 'K']) {
            Some(rest) => out += rest,
            None => {
                out += "\u{1b}[";
                out += part;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;
