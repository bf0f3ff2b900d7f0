//! Quality score of a change.

use review::item::CheckReport;
use review::{Category, Finding, Severity};
use std::collections::BTreeMap;

/// Returns a score from 1 (must not be merged) to 10 (no open findings), or `None` if the change
/// was not read. Findings lower it. A model's opinion can only lower it: a model that was
/// manipulated into praise has no effect.
pub(crate) fn quality(
    reports: &BTreeMap<Category, CheckReport>,
    findings: &[&Finding],
) -> Option<u8> {
    let readers = || reports.values().flat_map(|report| &report.readers);
    if readers().all(|reader| reader.coverage.files_read == 0) {
        return None;
    }
    let taken: u8 = findings
        .iter()
        .map(|finding| weight(finding.severity))
        .fold(0, u8::saturating_add);
    let found = 10_u8.saturating_sub(taken);
    let opinions = readers().filter_map(|reader| reader.score);
    let caps = findings.iter().filter(|finding| finding.is_by_rules());
    let caps = caps.filter_map(|finding| cap(finding.severity));
    opinions
        .chain(caps)
        .chain([found])
        .min()
        .map(|score| score.clamp(1, 10))
}

/// Returns the points that a finding subtracts.
fn weight(severity: Severity) -> u8 {
    match severity {
        Severity::Info => 0,
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 4,
        Severity::Critical => 6,
    }
}

/// Returns the maximum score of a change with a rule's finding of this severity.
fn cap(severity: Severity) -> Option<u8> {
    match severity {
        Severity::Critical => Some(2),
        Severity::High => Some(4),
        Severity::Medium | Severity::Low | Severity::Info => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use review::item::Reader;
    use review::{Coverage, MODEL};

    fn reports(files_read: u32, score: Option<u8>) -> BTreeMap<Category, CheckReport> {
        let reader = Reader {
            name: "kimi".to_owned(),
            coverage: Coverage {
                files_read,
                left_out: vec![],
            },
            notes: vec![],
            score,
            usage: None,
        };
        let report = CheckReport {
            readers: vec![reader],
            ..CheckReport::default()
        };
        [(Category::Logic, report)].into()
    }

    fn found(rule: &str, severity: Severity) -> Finding {
        Finding {
            severity,
            rule: rule.to_owned(),
            ..Finding::sample()
        }
    }

    #[test]
    fn scores_findings_and_opinions() {
        for (why, files, opinion, findings, score) in [
            ("not read", 0, None, vec![], None),
            ("nothing found", 3, None, vec![], Some(10)),
            ("a model finds it poor", 3, Some(3), vec![], Some(3)),
            (
                "praise raises nothing",
                3,
                Some(10),
                vec![found("swallowed-error", Severity::Medium)],
                Some(8),
            ),
            (
                "a rule's finding caps it",
                3,
                Some(10),
                vec![found("committed-secret", Severity::Critical)],
                Some(2),
            ),
            (
                "a model's is counted and caps nothing",
                3,
                Some(9),
                vec![found(MODEL, Severity::High)],
                Some(6),
            ),
            (
                "it has an end",
                3,
                None,
                vec![found(MODEL, Severity::Critical); 9],
                Some(1),
            ),
        ] {
            let findings: Vec<_> = findings.iter().collect();
            assert_eq!(quality(&reports(files, opinion), &findings), score, "{why}");
        }
    }
}
