use crate::prompt::options::{Options, delimiters};
use crate::prompt::show::{FileText, HunkText, LineText, room};
use diff::Side;
use std::collections::{BTreeMap, BTreeSet};

/// Number of lines repeated at the start of the next part of a split hunk.
const OVERLAP: usize = 3;

/// Minimum lines of a split hunk in a part with other content.
const LEAST: usize = 8;

/// Lines of a file.
pub(crate) type Places = BTreeSet<(Side, u32)>;

/// Packed parts.
#[derive(Debug, Default)]
pub(crate) struct PackResult {
    /// Text, and its lines by file index.
    pub(crate) parts: Vec<(String, BTreeMap<usize, Places>)>,
    /// Indices of the files that are omitted or shown in part.
    pub(crate) cut: BTreeSet<usize>,
}

/// Packs `files` into parts in their order. Over the budget, hunks that only remove lines come
/// last.
pub(crate) fn pack(files: &[FileText], options: &Options<'_>) -> PackResult {
    let all = || {
        let hunks = |(index, file): (usize, &'_ FileText)| (index, file.hunks.len());
        let places = files.iter().enumerate().map(hunks);
        places.flat_map(|(file, count)| (0..count).map(move |hunk| (file, hunk)))
    };
    let packed = pack_in_order(files, all(), options);
    if packed.cut.is_empty() {
        return packed;
    }
    let only_removes = |&(file, hunk): &(usize, usize)| {
        files
            .get(file)
            .and_then(|file| file.hunks.get(hunk))
            .is_some_and(|hunk| hunk.only_removes)
    };
    let others = all().filter(|place| !only_removes(place));
    pack_in_order(files, others.chain(all().filter(only_removes)), options)
}

fn pack_in_order(
    files: &[FileText],
    order: impl Iterator<Item = (usize, usize)>,
    options: &Options<'_>,
) -> PackResult {
    let mut packer = Packer {
        room: room(options).unwrap_or_default(),
        most: options.most_parts,
        parts: Vec::new(),
    };
    let mut cut = BTreeSet::new();
    for (index, hunk) in order {
        let Some(file) = files.get(index) else {
            continue;
        };
        let fits = file
            .hunks
            .get(hunk)
            .is_some_and(|hunk| packer.add(index, file, hunk));
        if !fits {
            cut.insert(index);
        }
    }
    let (begins, ends) = delimiters(options.nonce);
    let parts = packer
        .parts
        .into_iter()
        .filter(|part| !part.text.is_empty());
    PackResult {
        parts: parts
            .map(|part| (format!("{begins}\n{}{ends}\n", part.text), part.files))
            .collect(),
        cut,
    }
}

struct Packer {
    /// Bytes of a part.
    room: usize,
    most: usize,
    parts: Vec<Open>,
}

/// Part under construction.
#[derive(Default)]
struct Open {
    text: String,
    files: BTreeMap<usize, Places>,
    /// Index of the last file in the text.
    last: Option<usize>,
}

impl Packer {
    /// Adds `hunk`. Returns false if a part of it does not fit.
    fn add(&mut self, index: usize, file: &FileText, hunk: &HunkText) -> bool {
        let size = hunk.header.len() + hunk.bytes;
        let fits_here = self.parts.last().is_some_and(|part| {
            part.header(index, file).len() + size <= self.room - part.text.len()
        });
        let fits_alone = file.header.len() + size <= self.room;
        if fits_here || (fits_alone && self.open()) {
            self.write(index, file, &hunk.header, &hunk.lines);
            return true;
        }
        if self.parts.is_empty() && !self.open() {
            return false;
        }
        self.split(index, file, hunk)
    }

    /// Splits the lines of `hunk` over this part and the next ones.
    fn split(&mut self, index: usize, file: &FileText, hunk: &HunkText) -> bool {
        let mut at = 0;
        while at < hunk.lines.len() {
            let Some(part) = self.parts.last() else {
                return false;
            };
            let header = if at == 0 {
                &hunk.header
            } else {
                &hunk.continued
            };
            let free = (self.room - part.text.len())
                .checked_sub(part.header(index, file).len() + header.len());
            let (first, end) = free.map_or((at, at), |free| piece(&hunk.lines, at, free));
            let is_enough = end == hunk.lines.len() || end - at >= LEAST || part.text.is_empty();
            if end > at && is_enough {
                let lines = hunk.lines.get(first..end).unwrap_or_default();
                self.write(index, file, header, lines);
                at = end;
            } else if part.text.is_empty() {
                // Not even one line fits into a part.
                return false;
            }
            if at < hunk.lines.len() && !self.open() {
                return false;
            }
        }
        // A file without lines has only a header, and the header did not fit.
        !hunk.lines.is_empty()
    }

    fn write(&mut self, index: usize, file: &FileText, header: &str, lines: &[LineText]) {
        if let Some(part) = self.parts.last_mut() {
            part.text += part.header(index, file);
            part.text += header;
            part.text
                .extend(lines.iter().map(|line| line.text.as_str()));
            let places = lines.iter().filter_map(|line| line.place);
            part.files.entry(index).or_default().extend(places);
            part.last = Some(index);
        }
    }

    /// Begins a new part. Returns false if the maximum is reached.
    fn open(&mut self) -> bool {
        let may = self.parts.len() < self.most;
        if may {
            self.parts.push(Open::default());
        }
        may
    }
}

impl Open {
    /// Returns the file's header if the text does not already end with this file.
    fn header<'a>(&self, index: usize, file: &'a FileText) -> &'a str {
        match self.last == Some(index) {
            true => "",
            false => &file.header,
        }
    }
}

/// Selects the lines that fit into `free` bytes: from the first repeated line to the end of the new
/// lines that begin at `at`.
fn piece(lines: &[LineText], at: usize, free: usize) -> (usize, usize) {
    let size = |range: std::ops::Range<usize>| -> usize {
        lines
            .get(range)
            .unwrap_or_default()
            .iter()
            .map(|line| line.text.len())
            .sum()
    };
    let next = size(at..at + 1);
    let mut first = at.saturating_sub(OVERLAP);
    // Long lines are not repeated.
    while first < at && size(first..at) > (free / 4).min(free.saturating_sub(next)) {
        first += 1;
    }
    let mut used = size(first..at);
    let mut end = at;
    for line in lines.get(at..).unwrap_or_default() {
        used += line.text.len();
        if used > free {
            break;
        }
        end += 1;
    }
    (first, end)
}
