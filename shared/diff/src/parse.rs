use crate::header::{Header, best_name, strip_prefix};
use crate::{Diff, FileChange, FileDiff, Hunk, Line, LineKind, OmissionReason, OmittedFile};
use std::borrow::Cow;

/// Maximum number of lines read from a diff, the same as GitHub's limit.
pub const MAX_LINES: usize = 20_000;

/// Maximum number of bytes read from a diff.
pub const MAX_BYTES: usize = 5_000_000;

/// Maximum number of files read from a diff, the same as in GitHub's list. The rest is one entry in
/// [`Diff::left_out`].
pub const MAX_FILES: usize = 3_000;

/// Maximum length of a path, the same as on Linux.
const MAX_PATH: usize = 4_096;

/// Parses a unified diff in git's format.
///
/// Reads each file separately, so that a malformed one does not affect the others. A file that
/// exceeds the rest of [`MAX_LINES`] and [`MAX_BYTES`] is left out as a whole; smaller files behind
/// it are still read. Time and memory are linear in the text.
///
/// ```
/// let diff = diff::parse(
///     "diff --git a/src/lib.rs b/src/lib.rs\n\
///      --- a/src/lib.rs\n\
///      +++ b/src/lib.rs\n\
///      @@ -1 +1,2 @@\n \
///       fn main() {}\n\
///      +// the end\n",
/// );
/// let file = &diff.files[0];
/// assert_eq!(file.added_lines().collect::<Vec<_>>(), [(2, "// the end")]);
/// assert!(diff.has_line("src/lib.rs", 1) && !diff.has_line("src/lib.rs", 3));
/// ```
pub fn parse(text: &str) -> Diff {
    let mut diff = Diff::default();
    let mut room = SizeLimits::default();
    let (before, mut parts) = split(text);
    if !before.trim().is_empty() {
        diff.leave_out("(before the first file)", OmissionReason::Malformed);
    }
    for part in parts.by_ref().take(MAX_FILES) {
        match read_file(part, room.fits(part)) {
            Ok(file) => {
                room.take(part);
                diff.files.push(file);
            }
            Err(why) => diff.leave_out(&best_name(part), why),
        }
    }
    diff.leave_out_more(parts.count());
    diff
}

/// Unused rest of [`MAX_LINES`] and [`MAX_BYTES`].
#[derive(Debug)]
pub(crate) struct SizeLimits {
    lines: usize,
    bytes: usize,
}

impl Default for SizeLimits {
    fn default() -> Self {
        Self {
            lines: MAX_LINES,
            bytes: MAX_BYTES,
        }
    }
}

impl SizeLimits {
    pub(crate) fn fits(&self, text: &str) -> bool {
        text.len() <= self.bytes && line_ends(text) <= self.lines
    }

    pub(crate) fn take(&mut self, text: &str) {
        self.lines = self.lines.saturating_sub(line_ends(text));
        self.bytes = self.bytes.saturating_sub(text.len());
    }
}

fn line_ends(text: &str) -> usize {
    text.bytes().filter(|&b| b == b'\n').count()
}

/// Returns whether `path` is inside a repository: relative, without `..`, and with a name between
/// any two slashes.
pub(crate) fn is_path(path: &str) -> bool {
    path.len() <= MAX_PATH
        && !path.contains('\0')
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

impl Diff {
    pub(crate) fn leave_out_more(&mut self, more: usize) {
        if more > 0 {
            let more = format!("and {more} more files");
            let more = OmittedFile::nameless(more, OmissionReason::TooLarge);
            self.left_out.push(more);
        }
    }

    pub(crate) fn leave_out(&mut self, path: &str, why: OmissionReason) {
        let end = path.floor_char_boundary(MAX_PATH);
        let path = path.get(..end).unwrap_or_default().to_owned();
        self.left_out.push(OmittedFile { path, why });
    }
}

/// Splits a diff into the text before the first file and one part for each file. No line of a hunk
/// begins with `diff --git `: a sign or a blank precedes it.
fn split(text: &str) -> (&str, impl Iterator<Item = &str>) {
    const FIRST: &str = "diff --git ";
    const NEXT: &str = "\ndiff --git ";
    let start = if text.starts_with(FIRST) {
        0
    } else {
        text.find(NEXT).map_or(text.len(), |at| at + 1)
    };
    let (before, mut rest) = text.split_at(start);
    let parts = std::iter::from_fn(move || {
        let end = rest.find(NEXT).map_or(rest.len(), |at| at + 1);
        let (part, after) = rest.split_at(end);
        rest = after;
        (!part.is_empty()).then_some(part)
    });
    (before, parts)
}

pub(crate) fn read_file(part: &str, fits: bool) -> Result<FileDiff, OmissionReason> {
    let header = Header::read(part).map_err(|_| OmissionReason::Malformed)?;
    if header.is_submodule {
        return Err(OmissionReason::Submodule);
    }
    if header.is_binary {
        return Err(OmissionReason::Binary);
    }
    if !fits {
        return Err(OmissionReason::TooLarge);
    }
    let file = if header.body.is_empty() {
        without_text(&header)
    } else {
        with_text(&header)
    };
    file.filter(|file| is_path(&file.path) && file.old_path.as_deref().is_none_or(is_path))
        .ok_or(OmissionReason::Malformed)
}

/// Reads a file without text changes: a new name, a new mode, an empty file.
fn without_text(header: &Header<'_>) -> Option<FileDiff> {
    let (old_path, path) = match header.moved() {
        Some((old, new)) => (Some(old.into_owned()), new),
        None => (None, header.name()?),
    };
    Some(FileDiff {
        path: path.into_owned(),
        old_path,
        change: header.change.unwrap_or(FileChange::Modified),
        hunks: Vec::new(),
    })
}

fn with_text(header: &Header<'_>) -> Option<FileDiff> {
    let patch = diffy::Patch::from_str(header.body).ok()?;
    if patch.hunks().is_empty() || has_more_lines(header.body, &patch) {
        return None;
    }
    let name = |path: Option<&str>, prefix| match path? {
        "/dev/null" => Some(None),
        path => strip_prefix(Cow::Borrowed(path), prefix).map(|path| Some(path.into_owned())),
    };
    let old = name(patch.original(), "a/")?;
    let new = name(patch.modified(), "b/")?;
    let (path, old_path, change) = match (header.moved(), old, new) {
        (Some((from, to)), Some(_), Some(_)) => {
            let change = header.change.unwrap_or(FileChange::Renamed);
            (to.into_owned(), Some(from.into_owned()), change)
        }
        (None, None, Some(new)) => (new, None, FileChange::Added),
        (None, Some(old), None) => (old, None, FileChange::Deleted),
        (None, Some(old), Some(new)) if old == new => (new, None, FileChange::Modified),
        _ => return None,
    };
    let hunks = patch.hunks().iter().map(read_hunk).collect::<Option<_>>()?;
    Some(FileDiff {
        path,
        old_path,
        change,
        hunks,
    })
}

/// Returns whether `body` has lines that `diffy` does not read. `diffy` ends a hunk after the
/// number of lines in its header and skips the rest, which could hide changes.
fn has_more_lines(body: &str, patch: &diffy::Patch<'_, str>) -> bool {
    let read: usize = patch.hunks().iter().map(|h| h.lines().len() + 1).sum();
    let written = body
        .trim_end_matches(['\n', '\r'])
        .lines()
        .skip_while(|line| !line.starts_with("@@ "))
        .filter(|line| !line.starts_with('\\'))
        .count();
    written > read
}

/// Converts a hunk. `None` if a number does not fit.
fn read_hunk(hunk: &diffy::Hunk<'_, str>) -> Option<Hunk> {
    let mut old = Numbers::from(hunk.old_range().start())?;
    let mut new = Numbers::from(hunk.new_range().start())?;
    let lines = hunk
        .lines()
        .iter()
        .map(|line| {
            let (kind, text, old_number, new_number) = match *line {
                diffy::Line::Context(text) => (
                    LineKind::Context,
                    text,
                    Some(old.next()?),
                    Some(new.next()?),
                ),
                diffy::Line::Delete(text) => (LineKind::Removed, text, Some(old.next()?), None),
                diffy::Line::Insert(text) => (LineKind::Added, text, None, Some(new.next()?)),
            };
            let text = text.strip_suffix('\n').unwrap_or(text);
            let (text, crlf) = match text.strip_suffix('\r') {
                Some(text) => (text, true),
                None => (text, false),
            };
            Some(Line {
                kind,
                old_number,
                new_number,
                text: text.to_owned(),
                crlf,
            })
        })
        .collect::<Option<_>>()?;
    let section = hunk.function_context().map(str::trim_end);
    Some(Hunk {
        section: section.filter(|s| !s.is_empty()).map(str::to_owned),
        lines,
    })
}

/// Line numbers, from 1. A side without lines begins at 0 and is never used.
struct Numbers(u32);

impl Numbers {
    fn from(start: usize) -> Option<Self> {
        u32::try_from(start).ok().map(Self)
    }

    fn next(&mut self) -> Option<u32> {
        let number = self.0;
        self.0 = number.checked_add(1)?;
        (number > 0).then_some(number)
    }
}

#[cfg(test)]
mod tests;
