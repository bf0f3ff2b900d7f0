//! Reviewers without a model: tables of [`Rule`]s.
//!
//! A rule selects files, finds lines, and has one or two sentences for the author. The
//! message is a constant, so a finding *cannot* repeat a secret or other untrusted text.
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
use diff::{Diff, FileDiff, OmissionReason, OmittedFile};
use std::collections::BTreeMap;
#[cfg(feature = "testing")]
use std::collections::BTreeSet;

/// Maximum number of findings of one rule per file; the last one shows the number of
/// further ones.
pub const MAX_PER_FILE: usize = 5;

/// Maximum number of findings of one rule per diff.
pub const MAX_PER_RULE: usize = 25;

/// Name of rule-based reviewers in a review.
pub const RULES: &str = "rules";

/// A pattern to find.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// [`Finding::rule`]. Rules for variants of one problem share an id; the first
    /// rule that matches a line reports it.
    pub id: &'static str,
    pub severity: Severity,
    pub confidence: Confidence,
    /// Describes the problem and the fix.
    pub message: &'static str,
    /// Files that the rule reads.
    pub reads: Reads,
    /// Function that finds the lines.
    pub finds: Finds,
}

/// Files that a rule reads.
#[derive(Debug, Clone, Copy)]
pub enum Reads {
    /// All files, including generated ones.
    Everything,
    /// Files that are not generated.
    Written,
    /// Program files that are not generated.
    Programs,
    /// Files in these languages that are not generated.
    Languages(&'static [Language]),
}

/// Search function of a rule. All variants are pure functions of the diff.
#[derive(Debug, Clone, Copy)]
pub enum Finds {
    /// Tests each added line.
    Lines(fn(&Spot<'_>) -> bool),
    /// Searches a whole file and returns line numbers in any order. Only added lines
    /// are reported.
    InFile(fn(&File<'_>) -> Vec<u32>),
    /// Searches the whole diff, regardless of [`Rule::reads`], and returns the index
    /// of the first match. The finding refers to that file's first added line, or
    /// else to the diff's first added line. Without added lines there is no finding.
    InDiff(fn(&[File<'_>]) -> Option<usize>),
}

/// Creates a rule for programs, for a table of rules to complete.
pub const fn rule(
    id: &'static str,
    severity: Severity,
    percent: u8,
    message: &'static str,
) -> Rule {
    Rule {
        id,
        severity,
        confidence: Confidence::percent(percent),
        message,
        reads: Reads::Programs,
        finds: Finds::Lines(|_| false),
    }
}

/// Checks examples in tests: (rule, reason, path, text, whether the rule matches).
#[cfg(feature = "testing")]
pub fn check(rows: &[(Rule, &str, &str, &str, bool)]) {
    for (rule, why, path, text, hit) in rows {
        let found = !rule.lines_of(path, text).is_empty();
        assert_eq!(found, *hit, "{}: {why}\n{text}", rule.id);
    }
}

/// Checks in tests that docs/rules.md has a row for each id of `rules`, with its severities and its
/// confidence.
#[cfg(feature = "testing")]
pub fn check_page(rules: &[Rule]) {
    const PAGE: &str = include_str!("../../../docs/rules.md");
    let mut groups = BTreeMap::<&str, Vec<&Rule>>::new();
    for rule in rules {
        groups.entry(rule.id).or_default().push(rule);
    }
    let mut missing = String::new();
    for (id, rules) in groups {
        let severities: BTreeSet<_> = rules.iter().map(|rule| rule.severity).collect();
        let severities: Vec<_> = severities.iter().map(ToString::to_string).collect();
        let percent = rules.iter().map(|rule| rule.confidence.as_percent());
        let (low, high) = (percent.clone().min(), percent.max());
        let (low, high) = (low.unwrap_or_default(), high.unwrap_or_default());
        let confidence = match low == high {
            true => format!("{low} %"),
            false => format!("{low} to {high} %"),
        };
        let severities = severities.join(", ").to_lowercase();
        let row = format!("| `{id}` | {severities} | {confidence} |");
        if !PAGE.contains(&row) {
            let message = rules.first().map_or("", |rule| rule.message);
            missing += &format!("{row} {message} |\n");
        }
    }
    assert!(missing.is_empty(), "docs/rules.md lacks:\n{missing}");
}

impl Rule {
    /// Returns `true` if the rule reads `file`.
    fn reads(&self, file: &File<'_>) -> bool {
        match self.reads {
            Reads::Everything => true,
            Reads::Written => !file.is_generated,
            Reads::Programs => !file.is_generated && Language::PROGRAMS.contains(&file.language),
            Reads::Languages(languages) => !file.is_generated && languages.contains(&file.language),
        }
    }

    /// Returns the lines found in a diff that adds the file `path` with `text`. Used
    /// by each rule's table of examples.
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

    /// Returns the paths and lines found in `diff`.
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

    /// Passes every matching added line to `tell`, as (file index, line number).
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

/// Reviewer with a table of rules. Its result depends on the diff alone.
#[derive(Debug, Clone, Copy)]
pub struct RuleReviewer {
    category: Category,
    rules: &'static [Rule],
}

impl RuleReviewer {
    /// Creates a reviewer of `category`.
    pub const fn new(category: Category, rules: &'static [Rule]) -> Self {
        Self { category, rules }
    }

    pub const fn rules(&self) -> &'static [Rule] {
        self.rules
    }

    /// Returns the rules' findings in `diff`, in the diff's order.
    pub fn report(&self, diff: &Diff) -> Report {
        self.report_with(diff, is_generated)
    }

    /// Like [`RuleReviewer::report`], given the generated files.
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
        // Ordered by file and line; the first rule with an id reports the line.
        let mut found: BTreeMap<(usize, u32, &str), &Rule> = BTreeMap::new();
        for rule in self.rules {
            rule.find(files, |file, line| {
                found.entry((file, line, rule.id)).or_insert(rule);
            });
        }
        let mut findings = Vec::new();
        let mut in_files: BTreeMap<(usize, &str), ShownFindings> = BTreeMap::new();
        let mut of_rules: BTreeMap<&str, ShownFindings> = BTreeMap::new();
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
                coverage.left_out.push(OmittedFile {
                    path: file.path().to_owned(),
                    why: OmissionReason::Generated,
                });
            } else {
                coverage.files_read = coverage.files_read.saturating_add(1);
            }
        }
        coverage
    }
}

/// Shown findings of one rule.
#[derive(Debug, Default)]
struct ShownFindings {
    kept: usize,
    /// Index of the last shown finding.
    last: usize,
    more: usize,
}

impl ShownFindings {
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
