use crate::{Category, Finding};
use diff::{Diff, Hunk};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a finding is known again by after a push: its path, its category and the code
/// that it is about, not the number of its line. Spaces do not count.
///
/// 16 hexadecimal digits of SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    fn of<'a>(path: &str, category: Category, code: impl Iterator<Item = &'a str>) -> Self {
        let mut hash = Sha256::new();
        for part in [path, category.as_str()] {
            hash.update(part);
            hash.update([0]);
        }
        for line in code {
            for word in line.split_whitespace() {
                hash.update(word);
                hash.update(b" ");
            }
            hash.update(b"\n");
        }
        let digits = hash.finalize();
        let digits = digits.iter().take(8).map(|byte| format!("{byte:02x}"));
        Self(digits.collect())
    }
}

impl Finding {
    /// The same finding, known by the code that `diff` has where it stands.
    #[must_use]
    pub fn identified(mut self, diff: &Diff) -> Self {
        let code: Option<Vec<_>> = self
            .lines()
            .map(|line| diff.code(&self.path, line, diff::Side::Right))
            .collect();
        self.fingerprint =
            code.map(|code| Fingerprint::of(&self.path, self.category, code.into_iter()));
        self
    }

    /// The same finding where its code stands in `diff`, the nearest place if there
    /// are several; `None` if the code is not there any more.
    pub fn moved_to(&self, diff: &Diff) -> Option<Self> {
        let known = self.fingerprint.as_ref()?;
        let count = self.lines().count();
        let files = diff.files.iter().filter(|file| file.path == self.path);
        let hunks = files.flat_map(|file| &file.hunks);
        let places = hunks.flat_map(|hunk| places(hunk, count));
        let same = places.filter(|(_, code)| {
            Fingerprint::of(&self.path, self.category, code.iter().copied()) == *known
        });
        let last_line = |(first, _): (u32, _)| first.checked_add(u32::try_from(count).ok()? - 1);
        let line = same
            .filter_map(last_line)
            .min_by_key(|line| line.abs_diff(self.line))?;
        let mut moved = self.clone();
        moved.start_line = self.start_line.map(|first| line - (self.line - first));
        moved.line = line;
        Some(moved)
    }
}

/// Each run of `count` lines of the hunk's new side, with the number of its first.
fn places(hunk: &Hunk, count: usize) -> Vec<(u32, Vec<&str>)> {
    let new = |line: &'_ diff::Line| line.new_number;
    let lines: Vec<_> = hunk
        .lines
        .iter()
        .filter_map(|line| Some((new(line)?, line.text.as_str())))
        .collect();
    let runs = lines.windows(count.max(1));
    let place = |run: &[(u32, &'_ str)]| Some(run.first()?.0);
    runs.filter_map(|run| Some((place(run)?, run.iter().map(|(_, text)| *text).collect())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Confidence, Severity};
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
            severity: Severity::High,
            category: Category::Security,
            rule: "sql".to_owned(),
            title: None,
            message: "…".to_owned(),
            suggestion: None,
            confidence: Confidence::percent(90),
            by: vec![],
            fingerprint: None,
            reviewed_before: false,
        }
    }

    #[test]
    fn a_finding_is_known_by_its_code_and_not_by_its_line() {
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
            let moved = finding.moved_to(&diff(after));
            assert_eq!(moved.map(|moved| moved.line), line, "{why}");
        }
    }

    #[test]
    fn several_lines_move_together() {
        let before = diff("a\nb\nc\nd");
        let finding = found(Some(2), 3).identified(&before);
        let moved = finding.moved_to(&diff("new\na\nb\nc\nd")).unwrap();
        assert_eq!((moved.start_line, moved.line), (Some(3), 4));
        assert_eq!(finding.moved_to(&diff("a\nb\nnew\nc\nd")), None);
    }

    #[test]
    fn path_and_category_are_part_of_it() {
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
        assert_eq!(off.moved_to(&diff), None);
    }
}
