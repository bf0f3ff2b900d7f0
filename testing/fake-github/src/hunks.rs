//! Finds the lines that accept comments, with a small, strict parser of unified diffs.
//!
//! It shares no code with the project's own diff parser, so that a wrong anchor from
//! that parser is rejected here, as on GitHub.

use github::port::{FileStatus, Side};
use std::collections::BTreeMap;

/// A diff that is not in git's format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the diff: {reason}")]
pub struct MalformedDiff {
    /// Line number in the diff's text, from 1.
    pub line: usize,
    /// Problem with the line.
    pub reason: &'static str,
}

/// Files of a diff, each with the lines that accept comments.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct DiffLines {
    files: BTreeMap<String, FileLines>,
    pub(crate) count: FileCount,
}

/// Size of a diff.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileCount {
    /// Number of changed files.
    pub(crate) files: usize,
    /// Number of lines of the diff's text.
    pub(crate) lines: usize,
    pub(crate) additions: usize,
    pub(crate) deletions: usize,
}

/// Lines that accept comments, each with its hunk's number. "Create a review comment for
/// a pull request": `RIGHT` is for additions and for unchanged lines shown for context,
/// `LEFT` for deletions.
#[derive(Debug, Default, PartialEq, Eq)]
struct FileLines {
    right: BTreeMap<u32, usize>,
    left: BTreeMap<u32, usize>,
    about: FileChange,
}

/// A file's fields in "List pull requests files".
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct FileChange {
    pub(crate) previous: Option<String>,
    /// Status; `None` means `modified`.
    pub(crate) status: Option<FileStatus>,
    pub(crate) additions: usize,
    pub(crate) deletions: usize,
    hunks: usize,
    /// Hunks, each line with its line end.
    pub(crate) patch: String,
}

impl DiffLines {
    pub(crate) fn has_file(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    pub(crate) fn has_line(&self, path: &str, line: u32, side: Side) -> bool {
        self.hunk(path, line, side).is_some()
    }

    /// Returns the hunk that contains a line.
    pub(crate) fn hunk(&self, path: &str, line: u32, side: Side) -> Option<usize> {
        let file = self.files.get(path)?;
        match side {
            Side::Right => file.right.get(&line).copied(),
            Side::Left => file.left.get(&line).copied(),
        }
    }

    /// Returns the files by path.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &FileChange)> {
        let files = self.files.iter();
        files.map(|(path, lines)| (path.as_str(), &lines.about))
    }

    pub(crate) fn read(text: &str) -> Result<Self, MalformedDiff> {
        let mut reader = Reader::default();
        for (index, line) in text.lines().enumerate() {
            reader.line(line).map_err(|reason| MalformedDiff {
                line: index + 1,
                reason,
            })?;
        }
        let lines = text.lines().count();
        let mut done = reader.finish().map_err(|reason| MalformedDiff {
            line: lines,
            reason,
        })?;
        done.count.lines = lines;
        Ok(done)
    }
}

impl FileChange {
    fn push_line(&mut self, line: &str) {
        self.patch.push_str(line);
        self.patch.push('\n');
    }
}

/// Current position in a hunk and the number of its remaining lines.
#[derive(Debug)]
struct Hunk {
    old: u32,
    new: u32,
    old_left: u32,
    new_left: u32,
}

#[derive(Default)]
struct Reader {
    done: DiffLines,
    file: Option<(FileNames, FileLines)>,
    hunk: Option<Hunk>,
}

/// Names found in a file's header.
#[derive(Default)]
struct FileNames {
    old: Option<String>,
    new: Option<String>,
    /// Name in the `diff --git` line, for files without hunks.
    git: Option<String>,
}

impl FileNames {
    /// Returns the path that GitHub shows: the new one, or the old one of a deleted
    /// file.
    fn path(self) -> Option<String> {
        self.new.or(self.old).or(self.git)
    }
}

type ParseResult<T = ()> = Result<T, &'static str>;

impl Reader {
    fn line(&mut self, line: &str) -> ParseResult {
        if let Some(hunk) = &mut self.hunk {
            if line.starts_with('\\') {
                // The marker "\ No newline at end of file".
                if let Some((_, lines)) = &mut self.file {
                    lines.about.push_line(line);
                }
                return Ok(());
            }
            if hunk.old_left > 0 || hunk.new_left > 0 {
                return self.hunk_line(line);
            }
        }
        if let Some(names) = line.strip_prefix("diff --git ") {
            self.close_file()?;
            let file = FileNames {
                git: same_name(names),
                ..FileNames::default()
            };
            self.file = Some((file, FileLines::default()));
            return Ok(());
        }
        let (file, lines) = self
            .file
            .as_mut()
            .ok_or("text before the first `diff --git`")?;
        if line.starts_with("@@ ") {
            if file.old.is_none() && file.new.is_none() {
                return Err("a hunk before the file's names");
            }
            self.hunk = Some(hunk_header(line).ok_or("not a hunk header")?);
            lines.about.hunks += 1;
            lines.about.push_line(line);
        } else if self.hunk.is_some() {
            return Err("a line beyond the hunk's count");
        } else if let Some(name) = line.strip_prefix("--- ") {
            file.old = side_name(name, "a/")?;
        } else if let Some(name) = line.strip_prefix("+++ ") {
            file.new = side_name(name, "b/")?;
        } else if let Some(name) = line
            .strip_prefix("rename to ")
            .or_else(|| line.strip_prefix("copy to "))
        {
            file.git = Some(unquoted(name).ok_or("a badly quoted name")?);
        } else if let Some(name) = line
            .strip_prefix("rename from ")
            .or_else(|| line.strip_prefix("copy from "))
        {
            lines.about.previous = Some(unquoted(name).ok_or("a badly quoted name")?);
            lines.about.status = Some(if line.starts_with("rename") {
                FileStatus::Renamed
            } else {
                FileStatus::Copied
            });
        } else if line.starts_with("new file mode ") {
            lines.about.status = Some(FileStatus::Added);
        } else if line.starts_with("deleted file mode ") {
            lines.about.status = Some(FileStatus::Removed);
        } else if !EXTENDED.iter().any(|known| line.starts_with(known)) {
            return Err("not a line that git writes between a file's name and its hunks");
        }
        Ok(())
    }

    fn hunk_line(&mut self, line: &str) -> ParseResult {
        let (Some(hunk), Some((_, lines))) = (&mut self.hunk, &mut self.file) else {
            return Err("a hunk outside of a file");
        };
        let take = |left: &mut u32, at: &mut u32| {
            *left = left
                .checked_sub(1)
                .ok_or("more lines than the hunk's header says")?;
            let here = *at;
            *at += 1;
            Ok::<_, &'static str>(here)
        };
        let nth = lines.about.hunks;
        lines.about.push_line(line);
        match line.bytes().next() {
            Some(b'+') => {
                let at = take(&mut hunk.new_left, &mut hunk.new)?;
                lines.right.insert(at, nth);
                lines.about.additions += 1;
                self.done.count.additions += 1;
            }
            Some(b'-') => {
                let at = take(&mut hunk.old_left, &mut hunk.old)?;
                lines.left.insert(at, nth);
                lines.about.deletions += 1;
                self.done.count.deletions += 1;
            }
            Some(b' ') => {
                take(&mut hunk.old_left, &mut hunk.old)?;
                let at = take(&mut hunk.new_left, &mut hunk.new)?;
                lines.right.insert(at, nth);
            }
            _ => return Err("a hunk's line begins with a space, + or -"),
        }
        Ok(())
    }

    fn close_file(&mut self) -> ParseResult {
        if self
            .hunk
            .take()
            .is_some_and(|hunk| hunk.old_left > 0 || hunk.new_left > 0)
        {
            return Err("fewer lines than the hunk's header says");
        }
        if let Some((file, lines)) = self.file.take() {
            let path = file.path().ok_or("a file without a name")?;
            self.done.count.files += 1;
            if self.done.files.insert(path, lines).is_some() {
                return Err("the same file twice");
            }
        }
        Ok(())
    }

    fn finish(mut self) -> ParseResult<DiffLines> {
        self.close_file()?;
        Ok(self.done)
    }
}

/// Lines that git writes between `diff --git` and the first hunk (git-diff, "Generating
/// patch text with -p"), and the notes on binary files.
const EXTENDED: [&str; 10] = [
    "old mode ",
    "new mode ",
    "deleted file mode ",
    "new file mode ",
    "copy from ",
    "rename from ",
    "similarity index ",
    "dissimilarity index ",
    "index ",
    "Binary files ",
];

/// Parses `@@ -1,3 +1,4 @@ fn main() {`; a missing count is 1.
fn hunk_header(line: &str) -> Option<Hunk> {
    let (ranges, _) = line.strip_prefix("@@ -")?.split_once(" @@")?;
    let (old, new) = ranges.split_once(" +")?;
    let range = |text: &str| -> Option<(u32, u32)> {
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| text.parse().ok()).flatten()
        };
        match text.split_once(',') {
            Some((start, count)) => Some((number(start)?, number(count)?)),
            None => Some((number(text)?, 1)),
        }
    };
    let ((old, old_left), (new, new_left)) = (range(old)?, range(new)?);
    Some(Hunk {
        old,
        new,
        old_left,
        new_left,
    })
}

/// Returns the name after `---` or `+++`; `None` for `/dev/null`. Git appends a tab to a
/// name that contains a space.
fn side_name(name: &str, prefix: &str) -> ParseResult<Option<String>> {
    let name = name.strip_suffix('\t').unwrap_or(name);
    if name == "/dev/null" {
        return Ok(None);
    }
    let name = unquoted(name).ok_or("a badly quoted name")?;
    match name.strip_prefix(prefix) {
        Some(path) if !path.is_empty() => Ok(Some(path.to_owned())),
        _ => Err("a name without its a/ or b/"),
    }
}

/// Returns the name in `a/NAME b/NAME`, if both are equal.
fn same_name(names: &str) -> Option<String> {
    if names.starts_with('"') {
        let (old, new) = names.split_once("\" \"")?;
        let old = unquoted(&format!("{old}\""))?;
        let new = unquoted(&format!("\"{new}"))?;
        let new = new.strip_prefix("b/")?;
        return (old.strip_prefix("a/")? == new).then(|| new.to_owned());
    }
    let half = names.len().checked_sub(1)? / 2;
    let (old, new) = (names.get(..half)?, names.get(half + 1..)?);
    let new = new.strip_prefix("b/")?;
    (old.strip_prefix("a/")? == new).then(|| new.to_owned())
}

/// Decodes git's quoting (`core.quotePath`): `"a/\\303\\244.txt"`.
fn unquoted(name: &str) -> Option<String> {
    let Some(inner) = name.strip_prefix('"') else {
        return Some(name.to_owned());
    };
    let mut rest = inner.strip_suffix('"')?.bytes();
    let mut bytes = Vec::new();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next()? {
            b'a' => 0x07,
            b'b' => 0x08,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 0x0b,
            b'f' => 0x0c,
            b'r' => b'\r',
            same @ (b'"' | b'\\') => same,
            first @ b'0'..=b'3' => {
                let mut value = first - b'0';
                for _ in 0..2 {
                    let digit = rest.next().filter(|b| (b'0'..=b'7').contains(b))?;
                    value = value * 8 + (digit - b'0');
                }
                value
            }
            _ => return None,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests;
