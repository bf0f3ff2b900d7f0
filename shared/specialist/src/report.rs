use diff::{Diff, LeftOut, WhyLeftOut};
use review::item::{CheckReport, Reader};
use review::{Change, Finding, Report};

/// More findings than this say no more about a change; and three specialists'
/// findings must fit into one state item.
const MOST_FINDINGS: usize = 100;

/// More files than this are told as a number: a state item has its limits.
pub(crate) const MOST_LEFT_OUT: usize = 200;

/// What is left of a reviewer that has no report of `shown`.
pub(crate) fn nothing_read(why: &str, change: &Change<'_>, shown: &Diff) -> Report {
    let mut report = Report {
        notes: vec![format!("Nothing read: {why}.")],
        ..Report::default()
    };
    report.coverage.left_out.clone_from(&shown.left_out);
    let left_out = shown.files.iter().map(|file| LeftOut {
        path: file.path.clone(),
        why: if change.is_generated(file) {
            WhyLeftOut::Generated
        } else {
            WhyLeftOut::Unanswered
        },
    });
    report.coverage.left_out.extend(left_out);
    report
}

/// What several reviewers have to say about one diff, each finding known by its code.
/// One off the diff cannot be commented on and comes from a reviewer that made it up:
/// it is counted, not kept.
pub(crate) fn joined(reports: Vec<(&str, Report)>, diff: &Diff) -> CheckReport {
    let mut joined = CheckReport::default();
    for (reviewer, report) in reports {
        let (on, off): (Vec<_>, Vec<_>) = report
            .findings
            .into_iter()
            .partition(|finding| diff.has_line(&finding.path, finding.line));
        joined.not_kept += count(&off);
        let on = on.into_iter().map(|finding| finding.identified(diff));
        joined.findings.extend(on);
        let mut coverage = report.coverage;
        coverage.left_out.sort();
        coverage.left_out.dedup();
        let more = coverage.left_out.len().saturating_sub(MOST_LEFT_OUT);
        coverage.left_out.truncate(MOST_LEFT_OUT);
        let mut notes = report.notes;
        if more > 0 {
            notes.push(format!("{more} more files were not read."));
        }
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

/// Worst first, and no more than are kept.
pub(crate) fn ranked(mut report: CheckReport) -> CheckReport {
    report.findings.sort_by(|a, b| a.rank().cmp(&b.rank()));
    let most = report.findings.len().min(MOST_FINDINGS);
    let cut = report.findings.split_off(most);
    report.not_kept += count(&cut);
    report
}

fn count(findings: &[Finding]) -> u32 {
    u32::try_from(findings.len()).unwrap_or(u32::MAX)
}
