//! What a model is shown of a change.
//!
//! A diff is a stranger's text. Before a model sees it, what is invisible is taken
//! out, secrets are masked, every line has its number, and all of it stands between
//! delimiters that hold a nonce which the stranger cannot know. What does not fit
//! into the budget is left out by name, never silently.
//!
//! ```
//! let diff = diff::Diff {
//!     files: vec![diff::FileDiff::added("src/lib.rs", "fn main() {}")],
//!     left_out: Vec::new(),
//! };
//! let plan = model_review::prompt::plan(&diff, &model_review::prompt::Options {
//!     tokens_per_part: 8_000,
//!     most_parts: 4,
//!     nonce: "0f1e2d3c4b5a6978",
//!     generated: &|_| false,
//!     languages: &[],
//! });
//! assert_eq!(
//!     plan.parts[0].text,
//!     "[untrusted diff 0f1e2d3c4b5a6978 begins]\n\
//!      file \"src/lib.rs\" added\n\
//!      @@\n\
//!      R 1 +fn main() {}\n\
//!      [untrusted diff 0f1e2d3c4b5a6978 ends]\n"
//! );
//! ```

mod order;
mod pack;
mod show;
mod text;

pub use text::strip;

use diff::language::Language;
use diff::{Diff, FileDiff, LeftOut, LineKind, Side, WhyLeftOut};
use pack::Places;
use review::rules::unseen::is_hidden;
use show::Shown;
use std::collections::BTreeMap;

/// How many places with hidden characters are told.
pub const MOST_HIDDEN: usize = 100;

/// How a change is to be shown.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// The most that a part may have, by [`tokens`].
    pub tokens_per_part: usize,
    /// The most parts.
    pub most_parts: usize,
    /// At least 16 hexadecimal digits, drawn anew for each plan and told to nobody
    /// but the model: untrusted text stands between delimiters that hold it.
    pub nonce: &'a str,
    /// Whether `.gitattributes` calls a path `linguist-generated`.
    pub generated: &'a (dyn Fn(&str) -> bool + Sync),
    /// What the repository is written in, most of it first.
    pub languages: &'a [Language],
}

/// What a model is shown, and what it is not. Every file of the diff is in a part,
/// in `left_out`, or, where it is shown in part, in both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is shown, the most important first; each part stands for itself.
    pub parts: Vec<Part>,
    /// What is not shown, or not as a whole.
    pub left_out: Vec<LeftOut>,
    /// How many secrets were masked, in what people wrote of the diff.
    pub masked: usize,
    /// The first [`MOST_HIDDEN`] added lines with characters that nobody sees.
    pub hidden: Vec<Hidden>,
}

impl Plan {
    /// Whether something is left out because it does not fit.
    pub fn is_over_budget(&self) -> bool {
        let mut left_out = self.left_out.iter();
        left_out.any(|it| it.why == WhyLeftOut::Budget)
    }
}

/// What is shown at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// The delimited, numbered hunks.
    pub text: String,
    /// [`tokens`] of the text.
    pub tokens: usize,
    /// The lines that it shows, by their file as the diff names it: not for the model's
    /// eyes.
    pub files: BTreeMap<String, Places>,
}

impl Part {
    /// Whether it shows `line` of `path`, on that side.
    pub fn shows(&self, path: &str, line: u32, side: Side) -> bool {
        let places = self.files.get(path);
        places.is_some_and(|places| places.contains(&(side, line)))
    }
}

/// Whether `text` holds a mark of what is not shown: `[masked]`, `[removed]`,
/// `[cut: 7 more bytes]`.
pub fn is_marked(text: &str) -> bool {
    [secrets::mask::MASKED, text::REMOVED, show::CUT]
        .iter()
        .any(|mark| text.contains(mark))
}

/// An added line with bidirectional controls, zero-width or tag characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// The file.
    pub path: String,
    /// Number in its new version.
    pub line: u32,
}

/// An estimate of the tokens of `text` that is not too low for code.
///
/// ```
/// assert_eq!(prompt::tokens("fn f"), 2);
/// ```
pub fn tokens(text: &str) -> usize {
    text.len().div_ceil(BYTES_PER_TOKEN)
}

const BYTES_PER_TOKEN: usize = 3;

/// The lines before and behind a part's untrusted text: what instructions to the
/// model name.
pub fn delimiters(nonce: &str) -> (String, String) {
    (
        format!("[untrusted diff {nonce} begins]"),
        format!("[untrusted diff {nonce} ends]"),
    )
}

/// Plans what a model is shown of `diff`: always the same for the same input, in
/// time linear in the diff.
///
/// The main languages of the repository come first, then those of the change, then what
/// is risky by its path, then what is large; tests come last. Where not everything fits, hunks that only
/// remove lines are the first to go.
pub fn plan(diff: &Diff, options: &Options<'_>) -> Plan {
    let mut plan = Plan {
        left_out: diff.left_out.clone(),
        ..Plan::default()
    };
    let mut files = Vec::new();
    for file in &diff.files {
        if (options.generated)(&file.path) || review::rules::is_generated(file) {
            plan.left_out.push(left_out(file, WhyLeftOut::Generated));
        } else {
            plan.hidden
                .extend(hidden(file).take(MOST_HIDDEN - plan.hidden.len()));
            files.push(file);
        }
    }
    order::by_importance(&mut files, options.languages);
    let limits = show::Limits::of(options);
    let shown: Vec<_> = files
        .iter()
        .map(|file| Shown::of(file, options.nonce, &limits))
        .collect();
    plan.masked = shown.iter().map(|file| file.masked).sum();
    let packed = pack::pack(&shown, options);
    for (index, (file, shown)) in files.iter().zip(&shown).enumerate() {
        if shown.cut || packed.cut.contains(&index) {
            plan.left_out.push(left_out(file, WhyLeftOut::Budget));
        }
    }
    // A path may stand twice: what was a link and is a file now is gone, and is new.
    let named = |shown: BTreeMap<usize, Places>| {
        let mut named: BTreeMap<String, Places> = BTreeMap::new();
        for (index, places) in shown {
            if let Some(file) = files.get(index) {
                named.entry(file.path.clone()).or_default().extend(places);
            }
        }
        named
    };
    plan.parts = packed
        .parts
        .into_iter()
        .map(|(text, files)| Part {
            tokens: tokens(&text),
            files: named(files),
            text,
        })
        .collect();
    plan
}

fn left_out(file: &FileDiff, why: WhyLeftOut) -> LeftOut {
    LeftOut {
        path: file.path.clone(),
        why,
    }
}

/// The added lines of `file` that hold something hidden.
fn hidden(file: &FileDiff) -> impl Iterator<Item = Hidden> {
    file.lines().filter_map(|line| {
        let number = line.new_number.filter(|_| line.kind == LineKind::Added)?;
        // Editors of Windows begin a file with its byte order.
        let text = match number {
            1 => line.text.trim_start_matches('\u{feff}'),
            _ => &line.text,
        };
        text.contains(is_hidden).then(|| Hidden {
            path: file.path.clone(),
            line: number,
        })
    })
}

#[cfg(test)]
mod tests;
