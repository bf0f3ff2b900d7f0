use diff::{Diff, OmissionReason, OmittedFile};
use review::item::{CheckReport, Reader};
use review::{Change, Coverage, Finding, Report, bounds};
use std::collections::BTreeMap;

/// Maximum findings of a report. More findings add no information about a change.
const MOST_FINDINGS: usize = 100;

/// Maximum listed files, and their maximum bytes. Other files are counted.
const MOST_LEFT_OUT: usize = 200;
const ROOM_LEFT_OUT: usize = 8 * 1024;

/// Maximum bytes of a reviewer's notes.
const ROOM_NOTES: usize = 4 * 1024;
const LONGEST_NOTE: usize = 1_024;

/// Maximum entries of files without a listed path.
const MOST_NAMELESS: usize = 10;
const LONGEST_NAMELESS: usize = 200;

/// Builds the report of a reviewer that failed on `shown`.
pub(crate) fn nothing_read(why: &str, change: &Change<'_>, shown: &Diff) -> Report {
    let mut report = Report {
        notes: vec![format!("Nothing read: {why}.")],
        ..Report::default()
    };
    report.coverage.left_out.clone_from(&shown.left_out);
    let left_out = shown.files.iter().map(|file| OmittedFile {
        path: file.path.clone(),
        why: if change.is_generated(file) {
            OmissionReason::Generated
        } else {
            OmissionReason::Unanswered
        },
    });
    report.coverage.left_out.extend(left_out);
    report
}

/// Builds the report of the `reviewers` about a change that GitHub finally refuses.
pub(crate) fn unread<'a>(why: &str, reviewers: impl Iterator<Item = &'a str>) -> CheckReport {
    let mut note = format!("Nothing read: {why}.");
    bounds::cut(&mut note, LONGEST_NOTE);
    let whole = OmittedFile::nameless("the whole change", OmissionReason::Refused);
    let reader = |name: &str| Reader {
        name: name.to_owned(),
        coverage: Coverage {
            files_read: 0,
            left_out: vec![whole.clone()],
        },
        notes: vec![note.clone()],
        score: None,
        usage: None,
    };
    CheckReport {
        readers: reviewers.map(reader).collect(),
        ..CheckReport::default()
    }
}

/// Combines the reports of several reviewers about one diff and sets each finding's fingerprint.
/// Drops and counts findings outside the diff: they cannot be posted as comments, and the reviewer
/// invented them.
pub(crate) fn joined(reports: Vec<(&str, Report)>, diff: &Diff) -> CheckReport {
    let mut joined = CheckReport::default();
    for (reviewer, report) in reports {
        let (on, off): (Vec<_>, Vec<_>) = report
            .findings
            .into_iter()
            .partition(|finding| finding.is_on(diff));
        joined.not_kept += count(&off);
        let on = on.into_iter().map(|finding| finding.identified(diff));
        joined.findings.extend(on);
        let mut coverage = report.coverage;
        name_most(&mut coverage.left_out);
        let mut notes = report.notes;
        for note in &mut notes {
            bounds::cut(note, LONGEST_NOTE);
        }
        let mut room = ROOM_NOTES;
        let _rest = bounds::keep(&mut notes, &mut room);
        joined.readers.push(Reader {
            name: reviewer.to_owned(),
            coverage,
            notes,
            score: report.score,
            usage: report.usage,
        });
    }
    joined
}

/// Limits the listed files. Counts the others by reason.
fn name_most(left_out: &mut Vec<OmittedFile>) {
    left_out.sort();
    left_out.dedup();
    let (nameless, mut named): (Vec<_>, Vec<_>) = std::mem::take(left_out)
        .into_iter()
        .partition(OmittedFile::is_nameless);
    let mut rest = named.split_off(named.len().min(MOST_LEFT_OUT));
    let mut room = ROOM_LEFT_OUT;
    rest.extend(bounds::keep(&mut named, &mut room));
    let mut counts: BTreeMap<OmissionReason, usize> = BTreeMap::new();
    for file in rest {
        *counts.entry(file.why).or_default() += 1;
    }
    // Entries without a listed path have paths of any length.
    left_out.extend(nameless.into_iter().take(MOST_NAMELESS).map(|mut file| {
        bounds::cut(&mut file.path, LONGEST_NAMELESS);
        file
    }));
    left_out.extend(named);
    let more = |count| match count {
        1 => "and 1 more file".to_owned(),
        count => format!("and {count} more files"),
    };
    let counted = counts.into_iter();
    left_out.extend(counted.map(|(why, count)| OmittedFile::nameless(more(count), why)));
}

/// Sorts findings by severity and drops those over the limit.
pub(crate) fn ranked(mut report: CheckReport) -> CheckReport {
    let mut findings = std::mem::take(&mut report.findings);
    findings.iter_mut().for_each(bounds::shorten);
    findings.sort_by(|a, b| a.rank().cmp(&b.rank()));
    let most = findings.len().min(MOST_FINDINGS);
    report.not_kept += count(&findings.split_off(most));
    let mut room = bounds::REPORT.saturating_sub(bounds::bytes(&report));
    report.not_kept += count(&bounds::keep(&mut findings, &mut room));
    report.findings = findings;
    report
}

fn count(findings: &[Finding]) -> u32 {
    u32::try_from(findings.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use diff::FileDiff;
    use review::item::CheckItem;
    use review::{Category, Coverage, Severity};

    fn found(path: &str, line: u32, text: &str) -> Finding {
        Finding {
            path: path.to_owned(),
            line,
            severity: match line {
                7 => Severity::Critical,
                _ => Severity::High,
            },
            category: Category::Security,
            title: Some(text.to_owned()),
            message: text.to_owned(),
            suggestion: Some(text.to_owned()),
            by: vec!["kimi".to_owned()],
            ..Finding::sample()
        }
    }

    fn coverage(files: u32, path: &str) -> Coverage {
        let left_out = |n| OmittedFile {
            path: format!("{n}{path}"),
            why: if n % 2 == 0 {
                OmissionReason::Generated
            } else {
                OmissionReason::Unanswered
            },
        };
        Coverage {
            files_read: 1,
            left_out: (0..files).map(left_out).collect(),
        }
    }

    #[test]
    fn report_size_is_bounded() {
        for (why, path, text, kept) in [
            (
                "letters of four bytes",
                "\u{1f600}".repeat(1_000),
                "\u{1f600}".repeat(9_000),
                2,
            ),
            (
                "characters that JSON escapes",
                "\u{1}".repeat(4_000),
                "\"".repeat(9_000),
                1,
            ),
            (
                "as it is",
                "src/lib.rs".to_owned(),
                "It breaks.".to_owned(),
                100,
            ),
        ] {
            let diff = Diff {
                files: vec![FileDiff::added(&path, &"code\n".repeat(500))],
                left_out: vec![],
            };
            let report = || Report {
                findings: (1..=500).map(|line| found(&path, line, &text)).collect(),
                coverage: coverage(1_000, &path),
                notes: vec![text.clone(); 100],
                ..Report::default()
            };
            let joined = joined(vec![("rules", report()), ("kimi", report())], &diff);
            let report = ranked(joined);
            assert!(
                report.findings.len() >= kept,
                "{why}: {}",
                report.findings.len()
            );
            assert_eq!(
                report.findings[0].line, 7,
                "{why}: the worst finding remains"
            );
            let all = report.not_kept + count(&report.findings);
            assert_eq!(all, 1_000, "{why}: the rest is counted");
            let item = CheckItem {
                base_sha: Some("b".repeat(40).parse().unwrap()),
                report,
            };
            let bytes = bounds::bytes(&item);
            assert!(bytes < 60 * 1024, "{why}: {bytes}");
        }
    }

    #[test]
    fn unlisted_files_are_counted_by_reason() {
        for (why, files, path, told) in [
            ("few", 2, ".rs", vec!["0.rs", "1.rs"]),
            (
                "paths that take all the room",
                5,
                &*"x".repeat(9_000),
                vec!["(and 3 more files)", "(and 2 more files)"],
            ),
        ] {
            let mut left_out = coverage(files, path).left_out;
            name_most(&mut left_out);
            let paths: Vec<_> = left_out.iter().map(|it| it.path.as_str()).collect();
            assert_eq!(paths, told, "{why}");
        }
        let mut many = coverage(300, ".rs").left_out;
        many.push(OmittedFile::nameless(
            "and 2 more files",
            OmissionReason::TooLarge,
        ));
        name_most(&mut many);
        assert_eq!(many.iter().filter(|it| !it.is_nameless()).count(), 200);
        assert_eq!(
            many[0].path, "(and 2 more files)",
            "unlisted files stay counted"
        );
        assert_eq!(many.len(), 203, "a count for each reason");
    }
}
