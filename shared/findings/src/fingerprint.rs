use crate::{Category, Finding};
use diff::{Diff, Hunk, Side};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Identity of a finding that survives a push. It is derived from the path, the category and the
/// code, not from the line number. White space is ignored.
///
/// 16 hexadecimal digits of SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    fn of(
        path: &str,
        side: Side,
        category: Category,
        code: impl IntoIterator<Item = CodeLine>,
    ) -> Self {
        let mut hash = Sha256::new();
        if side == Side::Left {
            hash.update("gone\0");
        }
        for part in [path, category.as_str()] {
            hash.update(part);
            hash.update([0]);
        }
        for line in code {
            hash.update(line.0);
        }
        let digits = hash.finalize();
        let digits = digits.iter().take(8).map(|byte| format!("{byte:02x}"));
        Self(digits.collect())
    }
}

/// Hash of a line of code: 8 bytes of SHA-256 of its words.
#[derive(Debug, Clone, Copy)]
struct CodeLine([u8; 8]);

impl CodeLine {
    fn of(text: &str) -> Self {
        let mut hash = Sha256::new();
        for word in text.split_whitespace() {
            hash.update(word);
            hash.update(b" ");
        }
        let mut short = [0; 8];
        for (to, from) in short.iter_mut().zip(hash.finalize()) {
            *to = from;
        }
        Self(short)
    }
}

/// Maximum number of lines of a finding with a fingerprint. No reviewer reports longer ones.
const MOST_LINES: usize = 100;

impl Finding {
    /// Sets the fingerprint from the code that `diff` has on the finding's lines.
    #[must_use]
    pub fn identified(mut self, diff: &Diff) -> Self {
        let lines = self.lines().take(MOST_LINES + 1);
        let code: Option<Vec<_>> = lines
            .map(|line| diff.code(&self.path, line, self.side))
            .collect();
        let code = code.filter(|code| code.len() <= MOST_LINES);
        self.fingerprint = code.map(|code| {
            let code = code.into_iter().map(CodeLine::of);
            Fingerprint::of(&self.path, self.side, self.category, code)
        });
        self
    }
}

/// Lines of one side of a hunk: number and hash of each line.
type Lines = Vec<(u32, CodeLine)>;

/// Index of the places of findings in a diff. Results computed for one finding are reused for the
/// others.
pub struct Places<'a> {
    diff: &'a Diff,
    /// Fingerprints of all findings. The index stores no others.
    wanted: BTreeSet<&'a Fingerprint>,
    /// Hunks of each file and side.
    files: BTreeMap<(&'a str, Side), Vec<Lines>>,
    /// First lines of the matching code for each file, side, category and number of lines.
    known: BTreeMap<(&'a str, Side, Category, usize), CodeIndex>,
}

/// Sorted first lines of the code with each fingerprint.
type CodeIndex = BTreeMap<Fingerprint, Vec<u32>>;

impl<'a> Places<'a> {
    /// Creates the index for `findings` in `diff`.
    pub fn of(findings: &'a [Finding], diff: &'a Diff) -> Self {
        let known = |finding: &'a Finding| finding.fingerprint.as_ref();
        Self {
            diff,
            wanted: findings.iter().filter_map(known).collect(),
            files: BTreeMap::new(),
            known: BTreeMap::new(),
        }
    }

    /// Returns `finding`, which must be one of the findings of [`Places::of`], at the current place
    /// of its code. If there are several places, the nearest wins. `None` if the code is gone.
    pub fn moved(&mut self, finding: &Finding) -> Option<Finding> {
        let fingerprint = finding.fingerprint.as_ref()?;
        let count = finding.lines().take(MOST_LINES + 1).count();
        if count == 0 || count > MOST_LINES {
            return None;
        }
        let file = self.diff.files.iter().find(|it| it.path == finding.path)?;
        let path = file.path.as_str();
        let of_path = || self.diff.files.iter().filter(|it| it.path == path);
        let hunks = self.files.entry((path, finding.side)).or_insert_with(|| {
            let hunks = of_path().flat_map(|file| &file.hunks);
            hunks.map(|hunk| code(hunk, finding.side)).collect()
        });
        let known = self
            .known
            .entry((path, finding.side, finding.category, count));
        let known = known.or_insert_with(|| {
            let mut known = CodeIndex::new();
            for (fingerprint, first) in runs(path, finding.side, finding.category, count, hunks) {
                if self.wanted.contains(&fingerprint) {
                    known.entry(fingerprint).or_default().push(first);
                }
            }
            known
        });
        let more = u32::try_from(count).ok()?.checked_sub(1)?;
        let firsts = known.get(fingerprint)?.iter();
        let line = firsts
            .filter_map(|first| first.checked_add(more))
            .min_by_key(|line| line.abs_diff(finding.line))?;
        let mut moved = finding.clone();
        moved.start_line = finding.start_line.map(|_| line - more);
        moved.line = line;
        Some(moved)
    }
}

/// Returns the lines of one side of the hunk.
fn code(hunk: &Hunk, side: Side) -> Lines {
    let lines = hunk.lines.iter();
    lines
        .filter_map(|line| Some((line.number(side)?, CodeLine::of(&line.text))))
        .collect()
}

/// Returns the fingerprint and the first line of each run of `count` lines within a hunk.
fn runs(
    path: &str,
    side: Side,
    category: Category,
    count: usize,
    hunks: &[Lines],
) -> impl Iterator<Item = (Fingerprint, u32)> {
    let runs = hunks.iter().flat_map(move |lines| lines.windows(count));
    runs.filter_map(move |run| {
        let (first, _) = run.first()?;
        let code = run.iter().map(|(_, line)| *line);
        Some((Fingerprint::of(path, side, category, code), *first))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use diff::FileDiff;

    fn diff(text: &str) -> Diff {
        Diff {
            files: vec![FileDiff::added("src/a.py", text)],
            left_out: vec![],
        }
    }

    fn found(start_line: Option<u32>, line: u32) -> Finding {
        Finding {
            path: "src/a.py".to_owned(),
            start_line,
            line,
            category: Category::Security,
            rule: "sql".to_owned(),
            ..Finding::sample()
        }
    }

    #[test]
    fn finds_removed_line_on_old_side() {
        // The diff replaces the line behind `before` other lines.
        let gone = |before: usize| {
            let (lines, count) = (" a\n".repeat(before), before + 2);
            diff::parse(&format!(
                "diff --git a/src/a.py b/src/a.py\n--- a/src/a.py\n+++ b/src/a.py\n\
                 @@ -1,{count} +1,{count} @@\n{lines}-check()\n+check()\n x\n"
            ))
        };
        let left = Finding {
            side: Side::Left,
            ..found(None, 2)
        };
        let left = left.identified(&gone(1));
        let right = found(None, 2).identified(&gone(1));
        assert!(left.fingerprint.is_some() && left.fingerprint != right.fingerprint);
        let further = moved(&left, &gone(3)).unwrap();
        assert_eq!((further.line, further.side), (4, Side::Left));
        let added = moved(&left, &diff("check()"));
        assert_eq!(added, None, "it is added, not gone");
        let beside = diff::parse(
            "diff --git a/src/a.py b/src/a.py\n--- a/src/a.py\n+++ b/src/a.py\n\
             @@ -1,3 +1,3 @@\n a\n check()\n-x\n+y\n",
        );
        assert_eq!(moved(&left, &beside), None, "it is there again");
    }

    fn moved(finding: &Finding, diff: &Diff) -> Option<Finding> {
        Places::of(std::slice::from_ref(finding), diff).moved(finding)
    }

    #[test]
    fn code_identifies_finding_regardless_of_line() {
        let before = diff("import db\nrun(query)\ndone()");
        let finding = found(None, 2).identified(&before);
        for (why, after, line) in [
            ("further down", "import db\n\n\nrun(query)\ndone()", Some(4)),
            ("indented", "if x:\n    run(query)", Some(2)),
            ("changed", "run(escaped(query))", None),
            ("gone", "done()", None),
            (
                "twice: the nearest",
                "run(query)\na\nrun(query)\nb\nc\nd\nrun(query)",
                Some(1),
            ),
        ] {
            let moved = moved(&finding, &diff(after));
            assert_eq!(moved.map(|moved| moved.line), line, "{why}");
        }
    }

    #[test]
    fn moves_several_lines_together() {
        let before = diff("a\nb\nc\nd");
        let finding = found(Some(2), 3).identified(&before);
        let down = moved(&finding, &diff("new\na\nb\nc\nd")).unwrap();
        assert_eq!((down.start_line, down.line), (Some(3), 4));
        let parted = diff("a\nb\nnew\nc\nd");
        assert_eq!(moved(&finding, &parted), None);
    }

    #[test]
    fn fingerprint_includes_path_and_category() {
        let diff = diff("a\nb");
        let one = found(None, 1).identified(&diff);
        let style = Finding {
            category: Category::Style,
            ..found(None, 1)
        };
        assert_ne!(one.fingerprint, style.identified(&diff).fingerprint);
        assert_ne!(
            one.fingerprint,
            found(None, 2).identified(&diff).fingerprint
        );
        let off = found(None, 456_789).identified(&diff);
        assert_eq!(off.fingerprint, None, "no code, no identity");
        assert_eq!(moved(&off, &diff), None);
    }

    #[test]
    fn computes_fingerprints_once_for_all_findings() {
        let lines = |first: usize| {
            let lines = (first..first + 20_000).map(|line| format!("run({line})"));
            diff(&lines.collect::<Vec<_>>().join("\n"))
        };
        let (before, after) = (lines(0), lines(1));
        let all: Vec<_> = (1..=100)
            .map(|line| found(Some(line), line + 49).identified(&before))
            .collect();
        let mut places = Places::of(&all, &after);
        for finding in &all {
            let up = Some(finding.line - 1).filter(|line| *line > 49);
            assert_eq!(places.moved(finding).map(|it| it.line), up);
        }
        assert_eq!(places.known.len(), 1, "one count of lines, one table");
        let kept: usize = places.known.values().map(BTreeMap::len).sum();
        assert_eq!(kept, 99, "of what is asked for");
        let long = found(Some(1), 200).identified(&before);
        assert_eq!(long.fingerprint, None, "a finding of too many lines");
    }
}
