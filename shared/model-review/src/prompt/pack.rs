use crate::prompt::show::{Shown, ShownHunk, ShownLine, room};
use crate::prompt::{Options, delimiters};
use diff::Side;
use std::collections::{BTreeMap, BTreeSet};

/// How many lines are shown again where a hunk goes on in the next part.
const OVERLAP: usize = 3;

/// A piece of a hunk in a part that has something else has at least so many lines.
const LEAST: usize = 8;

/// Lines of a file.
pub(crate) type Places = BTreeSet<(Side, u32)>;

/// What was put together.
#[derive(Debug, Default)]
pub(crate) struct Packed {
    /// Text, and the places in it by the indices of their files.
    pub(crate) parts: Vec<(String, BTreeMap<usize, Places>)>,
    /// Indices of the files that are not shown as a whole.
    pub(crate) cut: BTreeSet<usize>,
}

/// Puts `files` into parts, in their order. If not all of them fit, hunks that only
/// remove lines come behind all others.
pub(crate) fn pack(files: &[Shown], options: &Options<'_>) -> Packed {
    let all = || {
        let hunks = |(index, file): (usize, &'_ Shown)| (index, file.hunks.len());
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
    files: &[Shown],
    order: impl Iterator<Item = (usize, usize)>,
    options: &Options<'_>,
) -> Packed {
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
    Packed {
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

/// A part that is being filled.
#[derive(Default)]
struct Open {
    text: String,
    files: BTreeMap<usize, Places>,
    /// The file that the text ends with.
    last: Option<usize>,
}

impl Packer {
    /// Whether all of `hunk` has its place.
    fn add(&mut self, index: usize, file: &Shown, hunk: &ShownHunk) -> bool {
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

    /// Puts the lines of `hunk` into this part and the next ones.
    fn split(&mut self, index: usize, file: &Shown, hunk: &ShownHunk) -> bool {
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
                // Not one line fits into a part.
                return false;
            }
            if at < hunk.lines.len() && !self.open() {
                return false;
            }
        }
        // A file without lines has only its header, and that did not fit.
        !hunk.lines.is_empty()
    }

    fn write(&mut self, index: usize, file: &Shown, header: &str, lines: &[ShownLine]) {
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

    /// Begins a new part, if there may be one more.
    fn open(&mut self) -> bool {
        let may = self.parts.len() < self.most;
        if may {
            self.parts.push(Open::default());
        }
        may
    }
}

impl Open {
    /// A file is named where its hunks begin.
    fn header<'a>(&self, index: usize, file: &'a Shown) -> &'a str {
        match self.last == Some(index) {
            true => "",
            false => &file.header,
        }
    }
}

/// The lines that fit into `free` bytes: from the first that is shown again to the
/// end of those that are new from `at` on.
fn piece(lines: &[ShownLine], at: usize, free: usize) -> (usize, usize) {
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
    // Long lines are not worth it.
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
