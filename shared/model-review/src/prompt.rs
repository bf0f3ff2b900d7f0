//! Renders a change for a model.
//!
//! A diff is untrusted text. The renderer removes invisible characters, masks secrets, numbers
//! every line, and encloses the text in delimiters with an unpredictable nonce. The plan lists
//! every file that the budget excludes.
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

mod options;
mod order;
mod pack;
mod show;
mod text;

pub use options::{Options, delimiters, tokens};
pub use text::strip;

use diff::{Diff, FileDiff, LineKind, OmissionReason, OmittedFile, Side};
use pack::Places;
use review::rules::unseen::is_hidden;
use show::FileText;
use std::collections::BTreeMap;

/// Maximum number of reported lines with hidden characters.
pub const MOST_HIDDEN: usize = 100;

/// Shown and omitted parts of a change. Every file of the diff is in a part, in `left_out`, or in
/// both if it is shown in part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Shown parts, most important first. Each part is a separate question.
    pub parts: Vec<Part>,
    /// Files that are omitted or shown in part.
    pub left_out: Vec<OmittedFile>,
    /// Number of masked secrets in the diff's text.
    pub masked: usize,
    /// First [`MOST_HIDDEN`] added lines with invisible characters.
    pub hidden: Vec<HiddenCharacters>,
}

impl Plan {
    /// Returns true if the budget excludes a part of the change.
    pub fn is_over_budget(&self) -> bool {
        let mut left_out = self.left_out.iter();
        left_out.any(|it| it.why == OmissionReason::Budget)
    }
}

/// Text for one question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Numbered hunks with delimiters.
    pub text: String,
    /// [`tokens`] of the text.
    pub tokens: usize,
    /// Shown lines by file path as in the diff. Not sent to the model.
    pub files: BTreeMap<String, Places>,
}

impl Part {
    /// Returns true if the part shows `line` of `path` on that side.
    pub fn shows(&self, path: &str, line: u32, side: Side) -> bool {
        let places = self.files.get(path);
        places.is_some_and(|places| places.contains(&(side, line)))
    }
}

/// Returns true if `text` contains a mark of omitted text: `[masked]`, `[removed]`, `[cut: 7 more
/// bytes]`.
pub fn is_marked(text: &str) -> bool {
    [secrets::mask::MASKED, text::REMOVED, show::CUT]
        .iter()
        .any(|mark| text.contains(mark))
}

/// Added line with bidirectional controls, zero-width or tag characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiddenCharacters {
    /// Path of the file.
    pub path: String,
    /// Line number in the new file.
    pub line: u32,
}

/// Plans the text that a model sees of `diff`. Deterministic, in time linear in the diff.
///
/// Files are sorted by main language (of the repository, then of the change), risk of the path, and
/// size. Tests come last. Over the budget, hunks that only remove lines are omitted first.
pub fn plan(diff: &Diff, options: &Options<'_>) -> Plan {
    let mut plan = Plan {
        left_out: diff.left_out.clone(),
        ..Plan::default()
    };
    let mut files = Vec::new();
    for file in &diff.files {
        if (options.generated)(&file.path) || review::rules::is_generated(file) {
            plan.left_out
                .push(left_out(file, OmissionReason::Generated));
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
        .map(|file| FileText::of(file, options.nonce, &limits))
        .collect();
    plan.masked = shown.iter().map(|file| file.masked).sum();
    let packed = pack::pack(&shown, options);
    for (index, (file, shown)) in files.iter().zip(&shown).enumerate() {
        if shown.cut || packed.cut.contains(&index) {
            plan.left_out.push(left_out(file, OmissionReason::Budget));
        }
    }
    // A path may occur twice: a link that became a file is both deleted and added.
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

fn left_out(file: &FileDiff, why: OmissionReason) -> OmittedFile {
    OmittedFile {
        path: file.path.clone(),
        why,
    }
}

/// Returns the added lines of `file` with hidden characters.
fn hidden(file: &FileDiff) -> impl Iterator<Item = HiddenCharacters> {
    file.lines().filter_map(|line| {
        let number = line.new_number.filter(|_| line.kind == LineKind::Added)?;
        // Editors on Windows start a file with a byte order mark.
        let text = match number {
            1 => line.text.trim_start_matches('\u{feff}'),
            _ => &line.text,
        };
        text.contains(is_hidden).then(|| HiddenCharacters {
            path: file.path.clone(),
            line: number,
        })
    })
}

#[cfg(test)]
mod tests;
