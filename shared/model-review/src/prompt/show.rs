use crate::prompt::options::{BYTES_PER_TOKEN, Options, delimiters};
use crate::prompt::text::{quoted, strip, without_nonce};
use diff::{FileChange, FileDiff, Hunk, Line, LineKind, Side};
use secrets::mask;
use secrets::mask::{MASKED, inner, replace, secrets};
use secrets::pem::key_lines;
use std::borrow::Cow;

/// Maximum displayed bytes of a line.
pub(crate) const MOST_OF_LINE: usize = 2_000;

/// Maximum displayed bytes of a function's name.
const MOST_OF_SECTION: usize = 200;

/// Mark after a truncated text.
pub(crate) const CUT: &str = "[cut: ";

/// Bytes after the displayed part of a line that are searched for secrets.
const LOOK_AHEAD: usize = 2_000;

/// Limits of a line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    line: usize,
    section: usize,
}

impl Limits {
    /// Returns the limits for a plan. Small parts have shorter lines, so that several fit.
    pub(crate) fn of(options: &Options<'_>) -> Self {
        let room = room(options).unwrap_or_default();
        Self {
            line: MOST_OF_LINE.min(room / 4),
            section: MOST_OF_SECTION.min(room / 8),
        }
    }
}

/// Returns the number of bytes that fit between the delimiters of a part.
pub(crate) fn room(options: &Options<'_>) -> Option<usize> {
    let (begins, ends) = delimiters(options.nonce);
    options
        .tokens_per_part
        .saturating_mul(BYTES_PER_TOKEN)
        .checked_sub(begins.len() + ends.len() + 2)
}

/// Displayed file.
#[derive(Debug)]
pub(crate) struct FileText {
    /// One line with its name and the kind of change.
    pub(crate) header: String,
    /// Hunks. At least one, possibly without lines.
    pub(crate) hunks: Vec<HunkText>,
    /// Number of masked secrets.
    pub(crate) masked: usize,
    /// True if a changed line was truncated.
    pub(crate) cut: bool,
}

/// Displayed line.
#[derive(Debug)]
pub(crate) struct LineText {
    /// Text with margin and line end.
    pub(crate) text: String,
    /// Side and number of the line. Parsed lines always have a number.
    pub(crate) place: Option<(Side, u32)>,
}

/// Displayed hunk.
#[derive(Debug, Default)]
pub(crate) struct HunkText {
    /// Header line. Empty if there is no hunk.
    pub(crate) header: String,
    /// Header of every piece after the first.
    pub(crate) continued: String,
    pub(crate) lines: Vec<LineText>,
    /// Bytes of all lines.
    pub(crate) bytes: usize,
    pub(crate) only_removes: bool,
    cut: bool,
}

impl FileText {
    pub(crate) fn of(file: &FileDiff, nonce: &str, limits: &Limits) -> Self {
        let mut masked = 0;
        let mut hunks: Vec<_> = file
            .hunks
            .iter()
            .map(|hunk| HunkText::of(hunk, nonce, limits, &mut masked))
            .collect();
        if hunks.is_empty() {
            hunks.push(HunkText::default());
        }
        Self {
            header: header(file, nonce),
            cut: hunks.iter().any(|hunk| hunk.cut),
            hunks,
            masked,
        }
    }
}

fn header(file: &FileDiff, nonce: &str) -> String {
    let what = match (file.change, &file.old_path) {
        (FileChange::Added, None) => "added",
        (FileChange::Added, Some(_)) => "copied",
        (FileChange::Modified, _) => "modified",
        (FileChange::Deleted, _) => "deleted",
        (FileChange::Renamed, _) => "renamed",
    };
    let from = file
        .old_path
        .iter()
        .map(|path| format!(" from {}", name(path, nonce)));
    format!(
        "file {} {what}{}\n",
        name(&file.path, nonce),
        from.collect::<String>()
    )
}

fn name(path: &str, nonce: &str) -> String {
    let stripped = strip(path);
    let json = match mask(&stripped) {
        Cow::Borrowed(_) => quoted(path),
        Cow::Owned(masked) => quoted(&masked),
    };
    without_nonce(Cow::Owned(json), nonce).into_owned()
}

impl HunkText {
    fn of(hunk: &Hunk, nonce: &str, limits: &Limits, masked: &mut usize) -> Self {
        let texts: Vec<_> = hunk.lines.iter().map(|line| strip(&line.text)).collect();
        let kinds = hunk.lines.iter().map(|line| line.kind);
        let lines: Vec<_> = kinds.zip(texts.iter().map(AsRef::as_ref)).collect();
        let keys = key_lines(&lines);
        let mut in_key = false;
        let mut shown = Self {
            only_removes: hunk.lines.iter().any(|line| line.kind == LineKind::Removed)
                && hunk.lines.iter().all(|line| line.kind != LineKind::Added),
            ..Self::default()
        };
        for ((line, &(_, text)), is_key) in hunk.lines.iter().zip(&lines).zip(keys) {
            let text = if is_key && !text.trim().is_empty() {
                *masked += usize::from(!in_key);
                Cow::Owned(cut(text, vec![inner(text)], limits.line).0)
            } else {
                let (text, count) = masked_and_cut(text, limits.line);
                *masked += count;
                text
            };
            in_key = is_key;
            shown.cut |= line.kind != LineKind::Context && line.text.len() > limits.line;
            let text = without_nonce(text, nonce);
            let place = line.place();
            let text = format!("{}{text}\n", margin(line, place));
            shown.bytes += text.len();
            shown.lines.push(LineText { text, place });
        }
        let section = strip(hunk.section.as_deref().unwrap_or_default());
        let (section, _) = masked_and_cut(section.trim(), limits.section);
        let section = without_nonce(section, nonce);
        let blank = if section.is_empty() { "" } else { " " };
        shown.header = format!("@@{blank}{section}\n");
        shown.continued = format!("@@{blank}{section} (continued)\n");
        shown
    }
}

/// Renders a line's side, number and sign.
fn margin(line: &Line, place: Option<(Side, u32)>) -> String {
    let (side, sign) = match line.kind {
        LineKind::Added => ('R', '+'),
        LineKind::Removed => ('L', '-'),
        LineKind::Context => ('R', ' '),
    };
    place.map_or_else(
        || format!("{side} ? {sign}"),
        |(_, number)| format!("{side} {number} {sign}"),
    )
}

/// Returns the first `most` bytes with secrets masked, and the number of secrets.
fn masked_and_cut(text: &str, most: usize) -> (Cow<'_, str>, usize) {
    let window = text.get(..text.floor_char_boundary(most + LOOK_AHEAD));
    let spans = secrets(window.unwrap_or_default());
    if spans.is_empty() && text.len() <= most {
        return (Cow::Borrowed(text), 0);
    }
    let (text, count) = cut(text, spans, most);
    (Cow::Owned(text), count)
}

fn cut(text: &str, spans: Vec<std::ops::Range<usize>>, most: usize) -> (String, usize) {
    let count = spans.iter().filter(|span| span.start < most).count();
    let (text, more) = replace(text, &spans, most);
    let text = match more {
        0 => text.into_owned(),
        more => format!("{text} {CUT}{more} more bytes]"),
    };
    debug_assert!(count == 0 || text.contains(MASKED));
    (text, count)
}
