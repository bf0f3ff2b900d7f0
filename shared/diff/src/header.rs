use crate::FileChange;
use std::borrow::Cow;

/// Lines before the first `---` of one file's part of the diff ("Generating patch text with -p" in
/// git's documentation).
///
/// `diffy` does not read them: its search for the two names in a `diff --git` line takes quadratic
/// time, and it skips unknown lines.
#[derive(Debug, Default)]
pub(crate) struct Header<'a> {
    /// Both names of the `diff --git` line.
    names: &'a str,
    moved_from: Option<&'a str>,
    moved_to: Option<&'a str>,
    pub(crate) change: Option<FileChange>,
    pub(crate) is_submodule: bool,
    pub(crate) is_binary: bool,
    /// Text from `---` on; empty if the text did not change.
    pub(crate) body: &'a str,
}

/// Header that git would not write.
#[derive(Debug)]
pub(crate) struct MalformedHeader;

impl<'a> Header<'a> {
    /// Parses the header of `part`, which begins with `diff --git `.
    pub(crate) fn read(part: &'a str) -> Result<Self, MalformedHeader> {
        let mut header = Self::default();
        let mut rest = part;
        while !rest.is_empty() && !rest.starts_with("--- ") {
            let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
            header.take(line.strip_suffix('\r').unwrap_or(line))?;
            if header.is_binary {
                return Ok(header);
            }
            rest = after;
        }
        header.body = rest;
        Ok(header)
    }

    fn take(&mut self, line: &'a str) -> Result<(), MalformedHeader> {
        if let Some(names) = line.strip_prefix("diff --git ") {
            self.names = names;
        } else if let Some(path) = line.strip_prefix("rename from ") {
            self.moved_from = Some(path);
            self.change = Some(FileChange::Renamed);
        } else if let Some(path) = line.strip_prefix("copy from ") {
            self.moved_from = Some(path);
            self.change = Some(FileChange::Added);
        } else if let Some(path) = line
            .strip_prefix("rename to ")
            .or_else(|| line.strip_prefix("copy to "))
        {
            self.moved_to = Some(path);
        } else if let Some(mode) = line.strip_prefix("new file mode ") {
            self.change = Some(FileChange::Added);
            self.mode(mode);
        } else if let Some(mode) = line.strip_prefix("deleted file mode ") {
            self.change = Some(FileChange::Deleted);
            self.mode(mode);
        } else if let Some(mode) = line
            .strip_prefix("old mode ")
            .or_else(|| line.strip_prefix("new mode "))
        {
            self.mode(mode);
        } else if let Some(ids) = line.strip_prefix("index ") {
            // `index 1234..5678 160000` holds the mode if it did not change.
            self.mode(ids.rsplit(' ').next().unwrap_or_default());
        } else if line.starts_with("Binary files ") || line == "GIT binary patch" {
            self.is_binary = true;
        } else if !line.starts_with("similarity index ")
            && !line.starts_with("dissimilarity index ")
            && !line.is_empty()
        {
            return Err(MalformedHeader);
        }
        Ok(())
    }

    fn mode(&mut self, mode: &str) {
        self.is_submodule |= mode == "160000";
    }

    /// Returns the names (old, new) of a rename or copy.
    pub(crate) fn moved(&self) -> Option<(Cow<'a, str>, Cow<'a, str>)> {
        Some((unquote(self.moved_from?)?, unquote(self.moved_to?)?))
    }

    /// Returns the name in the `diff --git` line if both of its names are the same. All other lines
    /// that could name the file are missing if its text did not change.
    pub(crate) fn name(&self) -> Option<Cow<'a, str>> {
        same_name(self.names)
    }
}

/// Returns the name in `a/name b/name`. Both sides have the same length, so the middle is known
/// even if the name contains blanks.
fn same_name(names: &str) -> Option<Cow<'_, str>> {
    let (old, new) = names.split_at_checked(names.len() / 2)?;
    let old = strip_prefix(unquote(old)?, "a/")?;
    let new = strip_prefix(unquote(new.strip_prefix(' ')?)?, "b/")?;
    (old == new).then_some(new)
}

/// Returns the best guess of the file's name in a malformed part.
pub(crate) fn best_name(part: &str) -> String {
    let line = part.lines().next().unwrap_or_default();
    let names = line.strip_prefix("diff --git ").unwrap_or(line);
    let moved_to = || {
        part.lines()
            .take_while(|line| !line.starts_with("@@ "))
            .find_map(|line| {
                line.strip_prefix("rename to ")
                    .or_else(|| line.strip_prefix("copy to "))
            })
            .and_then(unquote)
    };
    same_name(names)
        .or_else(moved_to)
        .unwrap_or(Cow::Borrowed(names))
        .into_owned()
}

/// Removes the `a/` or `b/` that git puts before `path`.
pub(crate) fn strip_prefix<'a>(path: Cow<'a, str>, prefix: &str) -> Option<Cow<'a, str>> {
    match path {
        Cow::Borrowed(path) => path.strip_prefix(prefix).map(Cow::Borrowed),
        Cow::Owned(path) => path.strip_prefix(prefix).map(|p| Cow::Owned(p.to_owned())),
    }
}

/// Decodes a path in git's format: plain, or in double quotes with C's escapes (`core.quotePath` in
/// git's documentation). `None` if it is not UTF-8.
fn unquote(text: &str) -> Option<Cow<'_, str>> {
    let Some(text) = text.strip_prefix('"') else {
        return Some(Cow::Borrowed(text));
    };
    let mut bytes = text.strip_suffix('"')?.bytes();
    let mut path = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        path.push(match byte {
            b'"' => return None,
            b'\\' => match bytes.next()? {
                b'a' => 0x07,
                b'b' => 0x08,
                b't' => b'\t',
                b'n' => b'\n',
                b'v' => 0x0b,
                b'f' => 0x0c,
                b'r' => b'\r',
                same @ (b'"' | b'\\') => same,
                high @ b'0'..=b'3' => {
                    let mut octal = || bytes.next().filter(|d| (b'0'..=b'7').contains(d));
                    let (mid, low) = (octal()?, octal()?);
                    ((high - b'0') << 6) | ((mid - b'0') << 3) | (low - b'0')
                }
                _ => return None,
            },
            plain => plain,
        });
    }
    String::from_utf8(path).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_names_in_git_format() {
        for (why, names, name) in [
            ("plain", "a/src/lib.rs b/src/lib.rs", Some("src/lib.rs")),
            ("blanks", "a/my file b/my file", Some("my file")),
            (
                "a blank that looks like the middle",
                "a/x b/x b/x b/x",
                Some("x b/x"),
            ),
            ("UTF-8 as it is", "a/é b/é", Some("é")),
            ("UTF-8 in octal", r#""a/\303\251" "b/\303\251""#, Some("é")),
            ("a quote and a tab", r#""a/\"\t" "b/\"\t""#, Some("\"\t")),
            ("not UTF-8", r#""a/\377" "b/\377""#, None),
            ("two names", "a/x b/y", None),
            ("no prefix", "x x", None),
            ("nothing", "", None),
            ("the middle is inside a letter", "éé", None),
            ("an escape without its letter", r#""a/\" "b/\""#, None),
            ("octal that is too short", r#""a/\30" "b/\30""#, None),
        ] {
            assert_eq!(same_name(names).as_deref(), name, "{why}: {names}");
        }
    }
}
