//! Reviewers that need no model: tables of [`Rule`]s.
//!
//! A rule says which files it reads, what it looks for, and one sentence or two for
//! the author. The sentence is a constant: a finding *cannot* repeat a secret, nor
//! anything else that a stranger wrote.
//!
//! ```
//! use review::rules::{Finds, Reads, Rule, scan};
//! use review::{Confidence, Severity};
//!
//! const NO_EVAL: Rule = Rule {
//!     id: "dynamic-code",
//!     severity: Severity::High,
//!     confidence: Confidence::percent(80),
//!     message: "`eval` runs whatever it is given.",
//!     reads: Reads::Programs,
//!     finds: Finds::Lines(|line| scan::calls(line.code(), "eval").next().is_some()),
//! };
//! assert_eq!(NO_EVAL.lines_of("app.py", "x = 1\neval(y)\n# eval(z)"), [2]);
//! ```

mod file;
mod lexer;
pub mod scan;
pub mod unseen;

pub use diff::language::{Language, is_test};
pub use file::{File, Line, Spot, is_generated};

use crate::{
    Category, Change, Confidence, Coverage, Finding, Report, ReviewError, Reviewer, Severity,
};
use async_trait::async_trait;
use diff::{Diff, FileDiff, LeftOut, WhyLeftOut};
use std::collections::BTreeMap;

/// How many findings of one rule are told in one file; the last one says how many
/// more there are.
pub const MAX_PER_FILE: usize = 5;

/// How many findings of one rule are told in one diff.
pub const MAX_PER_RULE: usize = 25;

/// How reviewers by rules are named in a review.
pub const RULES: &str = "rules";

/// One thing to look for.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// [`Finding::rule`]. Rules that look for the same in several forms share it;
    /// of these, the first that finds a line takes it.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// How often it is right.
    pub confidence: Confidence,
    /// What is wrong and what to do.
    pub message: &'static str,
    /// Which files it reads.
    pub reads: Reads,
    /// How it looks.
    pub finds: Finds,
}

/// Which files a rule reads.
#[derive(Debug, Clone, Copy)]
pub enum Reads {
    /// All, even what tools wrote.
    Everything,
    /// What people wrote.
    Written,
    /// Programs that people wrote.
    Programs,
    /// What people wrote in these languages.
    Languages(&'static [Language]),
}

/// How a rule looks. All ways are pure functions of the diff.
#[derive(Debug, Clone, Copy)]
pub enum Finds {
    /// At each added line.
    Lines(fn(&Spot<'_>) -> bool),
    /// At a file as a whole: the numbers of the lines, in any order, of which only
    /// added ones count.
    InFile(fn(&File<'_>) -> Vec<u32>),
    /// At the whole diff, whatever the rule reads otherwise: the index of the first
    /// file that shows it. The finding sits on that file's first added line; if it
    /// has none, on the diff's; if that has none, there is no place for it.
    InDiff(fn(&[File<'_>]) -> Option<usize>),
}

impl Rule {
    /// Whether it reads `file`.
    fn reads(&self, file: &File<'_>) -> bool {
        match self.reads {
            Reads::Everything => true,
            Reads::Written => !file.is_generated,
            Reads::Programs => !file.is_generated && Language::PROGRAMS.contains(&file.language),
            Reads::Languages(languages) => !file.is_generated && languages.contains(&file.language),
        }
    }

    /// The lines that it finds in a diff that adds the file `path` with the text
    /// `text`: for the table of examples that stands beside each rule.
    pub fn lines_of(&self, path: &str, text: &str) -> Vec<u32> {
        let diff = Diff {
            files: vec![FileDiff::added(path, text)],
            left_out: Vec::new(),
        };
        self.lines_in(&diff)
            .into_iter()
            .map(|(_, line)| line)
            .collect()
    }

    /// The paths and lines that it finds in `diff`.
    pub fn lines_in(&self, diff: &Diff) -> Vec<(String, u32)> {
        let files: Vec<_> = diff.files.iter().map(File::new).collect();
        let mut found = Vec::new();
        self.find(&files, |file, line| found.push((file, line)));
        let path = |file: usize| files.get(file).map(|file| file.path().to_owned());
        found
            .into_iter()
            .filter_map(|(file, line)| Some((path(file)?, line)))
            .collect()
    }

    /// Tells every added line that it finds, as (index of the file, number).
    fn find(&self, files: &[File<'_>], mut tell: impl FnMut(usize, u32)) {
        if let Finds::InDiff(find) = self.finds {
            let first = |index: usize| Some((index, files.get(index)?.added().next()?.number));
            if let Some((file, line)) = find(files)
                .and_then(|index| first(index).or_else(|| (0..files.len()).find_map(first)))
            {
                tell(file, line);
            }
            return;
        }
        for (index, file) in files
            .iter()
            .enumerate()
            .filter(|(_, file)| self.reads(file))
        {
            match self.finds {
                Finds::Lines(hit) => {
                    for spot in file.spots().filter(hit) {
                        tell(index, spot.number());
                    }
                }
                Finds::InFile(find) => {
                    let mut found = find(file);
                    found.sort_unstable();
                    for line in file
                        .added()
                        .filter(|line| found.binary_search(&line.number).is_ok())
                    {
                        tell(index, line.number);
                    }
                }
                Finds::InDiff(_) => {}
            }
        }
    }
}

/// Reviews by a table of rules. What it says depends on the diff and on nothing
/// else.
#[derive(Debug, Clone, Copy)]
pub struct RuleReviewer {
    category: Category,
    rules: &'static [Rule],
}

impl RuleReviewer {
    /// The reviewer of `category` with these rules.
    pub const fn new(category: Category, rules: &'static [Rule]) -> Self {
        Self { category, rules }
    }

    /// Its rules.
    pub const fn rules(&self) -> &'static [Rule] {
        self.rules
    }

    /// What the rules say of `diff`, in the diff's order.
    pub fn report(&self, diff: &Diff) -> Report {
        self.report_with(diff, is_generated)
    }

    /// The same, where it is known which files tools wrote.
    fn report_with(&self, diff: &Diff, is_generated: impl Fn(&FileDiff) -> bool) -> Report {
        let read = |file| File::of(file, is_generated(file));
        let files: Vec<_> = diff.files.iter().map(read).collect();
        Report {
            findings: self.findings(&files),
            coverage: self.coverage(diff, &files),
            ..Report::default()
        }
    }

    fn findings(&self, files: &[File<'_>]) -> Vec<Finding> {
        // Ordered by file and line; of rules with one id, the first one has the line.
        let mut found: BTreeMap<(usize, u32, &str), &Rule> = BTreeMap::new();
        for rule in self.rules {
            rule.find(files, |file, line| {
                found.entry((file, line, rule.id)).or_insert(rule);
            });
        }
        let mut findings = Vec::new();
        let mut in_files: BTreeMap<(usize, &str), Told> = BTreeMap::new();
        let mut of_rules: BTreeMap<&str, Told> = BTreeMap::new();
        for ((index, line, id), rule) in found {
            let Some(file) = files.get(index) else {
                continue;
            };
            let in_file = in_files.entry((index, id)).or_default();
            let of_rule = of_rules.entry(id).or_default();
            if in_file.kept == MAX_PER_FILE {
                in_file.more += 1;
            } else if of_rule.kept == MAX_PER_RULE {
                of_rule.more += 1;
            } else {
                in_file.keep(findings.len());
                of_rule.keep(findings.len());
                findings.push(Finding {
                    path: file.path().to_owned(),
                    start_line: None,
                    line,
                    severity: rule.severity,
                    category: self.category,
                    rule: id.to_owned(),
                    title: None,
                    message: rule.message.to_owned(),
                    suggestion: None,
                    confidence: rule.confidence,
                    by: vec![RULES.to_owned()],
                    fingerprint: None,
                    also: vec![],
                    reviewed_before: false,
                    side: crate::Side::Right,
                });
            }
        }
        for (told, place) in in_files
            .values()
            .map(|told| (told, "in this file"))
            .chain(of_rules.values().map(|told| (told, "further on")))
        {
            if let (1.., Some(last)) = (told.more, findings.get_mut(told.last)) {
                let more = format!(" (… and {} more like this {place}.)", told.more);
                last.message.push_str(&more);
            }
        }
        findings
    }

    fn coverage(&self, diff: &Diff, files: &[File<'_>]) -> Coverage {
        let mut coverage = Coverage {
            files_read: 0,
            left_out: diff.left_out.clone(),
        };
        let reads_generated = self
            .rules
            .iter()
            .any(|rule| matches!(rule.reads, Reads::Everything));
        for file in files {
            if file.is_generated && !reads_generated {
                coverage.left_out.push(LeftOut {
                    path: file.path().to_owned(),
                    why: WhyLeftOut::Generated,
                });
            } else {
                coverage.files_read = coverage.files_read.saturating_add(1);
            }
        }
        coverage
    }
}

/// What is told of many findings alike.
#[derive(Debug, Default)]
struct Told {
    kept: usize,
    /// Index of the last that was kept.
    last: usize,
    more: usize,
}

impl Told {
    fn keep(&mut self, index: usize) {
        self.kept += 1;
        self.last = index;
    }
}

#[async_trait]
impl Reviewer for RuleReviewer {
    fn name(&self) -> &str {
        RULES
    }

    fn category(&self) -> Category {
        self.category
    }

    async fn review(&self, change: &Change<'_>) -> Result<Report, ReviewError> {
        Ok(self.report_with(change.diff, |file| change.is_generated(file)))
    }
}

#[cfg(test)]
mod tests;
