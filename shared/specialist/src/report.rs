use diff::Diff;
use review::item::{CheckReport, Reader};
use review::{Finding, Report};

/// More findings than this say no more about a change; and three specialists'
/// findings must fit into one state item.
const MOST_FINDINGS: usize = 100;

/// More files than this are told as a number: a state item has its limits.
const MOST_LEFT_OUT: usize = 200;

/// What several reviewers have to say about one diff, worst first. A finding off
/// the diff cannot be commented on and comes from a reviewer that made it up: it
/// is counted, not kept.
pub(crate) fn joined(reports: Vec<(&str, Report)>, diff: &Diff) -> CheckReport {
    let mut joined = CheckReport::default();
    for (reviewer, report) in reports {
        let (on, off): (Vec<_>, Vec<_>) = report
            .findings
            .into_iter()
            .partition(|finding| diff.has_line(&finding.path, finding.line));
        joined.not_kept += count(&off);
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
    joined.findings.sort_by(|a, b| a.rank().cmp(&b.rank()));
    let cut = joined
        .findings
        .split_off(joined.findings.len().min(MOST_FINDINGS));
    joined.not_kept += count(&cut);
    joined
}

fn count(findings: &[Finding]) -> u32 {
    u32::try_from(findings.len()).unwrap_or(u32::MAX)
}
