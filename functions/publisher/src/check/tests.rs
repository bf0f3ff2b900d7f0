use super::*;
use crate::tests::{clean, finding};
use github::port::ReviewEvent;
use policy::Conclusion as Wish;
use review::message::SkipReason;
use review::{Category, Severity};

#[test]
fn concludes_by_findings_coverage_and_policy() {
    type Change = fn(&mut ReviewItem);
    let same: Change = |_| {};
    let block: Change = |item| {
        let verdict = item.verdict.as_mut().unwrap();
        verdict.findings = vec![finding(Severity::Critical)];
        verdict.event = ReviewEvent::RequestChanges;
    };
    let old_block: Change =
        |item| item.verdict.as_mut().unwrap().still_open = vec![finding(Severity::Critical)];
    let low: Change = |item| item.verdict.as_mut().unwrap().findings = vec![finding(Severity::Low)];
    let late: Change = |item| item.verdict.as_mut().unwrap().late = vec![finding(Severity::Low)];
    let unsure: Change =
        |item| item.verdict.as_mut().unwrap().unsure = vec![finding(Severity::Low)];
    let partial: Change = |item| item.verdict.as_mut().unwrap().missing = vec![Category::Style];
    let partial_and_low: Change = |item| {
        let verdict = item.verdict.as_mut().unwrap();
        verdict.missing = vec![Category::Style];
        verdict.findings = vec![finding(Severity::Low)];
    };
    let unread: Change = |item| {
        for report in item.reports.values_mut() {
            let coverage = &mut report.readers[0].coverage;
            coverage.files_read = 0;
            coverage.left_out = vec![diff::OmittedFile {
                path: "logo.png".to_owned(),
                why: diff::OmissionReason::Binary,
            }];
        }
    };
    let left_out = |why: diff::OmissionReason| {
        move |item: &mut ReviewItem| {
            let report = item.reports.get_mut(&Category::Style).unwrap();
            report.readers[0].coverage.left_out = vec![diff::OmittedFile {
                path: "one of two.rs".to_owned(),
                why,
            }];
        }
    };
    let (neutral, failure, success) = (
        Some(Conclusion::Neutral),
        Some(Conclusion::Failure),
        Some(Conclusion::Success),
    );
    let skipped = Status::Skipped(SkipReason::Draft);
    // The columns are the results of the default policy, and of both settings inverted.
    for (why, change, status, built_in, inverted) in [
        ("nothing is open", same, Status::Reviewed, success, success),
        ("it blocks", block, Status::Reviewed, failure, neutral),
        (
            "it still blocks",
            old_block,
            Status::Reviewed,
            failure,
            neutral,
        ),
        ("a finding", low, Status::Reviewed, neutral, failure),
        (
            "on a line of an earlier round",
            late,
            Status::Reviewed,
            neutral,
            failure,
        ),
        ("unconfirmed", unsure, Status::Reviewed, success, success),
        ("partial", partial, Status::Reviewed, neutral, neutral),
        (
            "partial, and a finding",
            partial_and_low,
            Status::Reviewed,
            neutral,
            failure,
        ),
        ("unread", unread, Status::Reviewed, neutral, neutral),
        ("under way", same, Status::UnderWay, None, None),
        ("blocked later", same, Status::Blocked, failure, neutral),
        ("left alone", same, skipped, neutral, neutral),
        (
            "left alone, whatever was found",
            block,
            skipped,
            neutral,
            neutral,
        ),
    ] {
        let mut item = clean();
        change(&mut item);
        assert_eq!(conclusion(&item, status), built_in, "{why}");
        item.policy.checks.on_block = Wish::Neutral;
        item.policy.checks.on_findings = Wish::Failure;
        assert_eq!(conclusion(&item, status), inverted, "{why}, inverted");
    }
    for (why, end) in [
        (diff::OmissionReason::Excluded, success),
        (diff::OmissionReason::Generated, success),
        (diff::OmissionReason::Unanswered, neutral),
        (diff::OmissionReason::Budget, neutral),
        (diff::OmissionReason::TooLarge, neutral),
        (diff::OmissionReason::Malformed, neutral),
        (diff::OmissionReason::NoPatch, neutral),
        (diff::OmissionReason::Binary, neutral),
        (diff::OmissionReason::Submodule, neutral),
    ] {
        let mut item = clean();
        left_out(why)(&mut item);
        let shown = conclusion(&item, Status::Reviewed);
        assert_eq!(shown, end, "one file of two was left out: {why:?}");
    }
}

#[test]
fn content_covers_conclusion_title_and_summary() {
    let shown = |conclusion, title: &str, summary: &str| ShownCheck {
        conclusion,
        title: title.to_owned(),
        summary: summary.to_owned(),
    };
    let before = shown(Some(Conclusion::Neutral), "One", "Two");
    for (why, now, new) in [
        ("the same", before.clone(), false),
        (
            "an end",
            shown(Some(Conclusion::Failure), "One", "Two"),
            true,
        ),
        ("a title", shown(before.conclusion, "Two", "Two"), true),
        ("a summary", shown(before.conclusion, "One", "Three"), true),
        ("a border", shown(before.conclusion, "OneT", "wo"), true),
    ] {
        let changed = now.contribution() != before.contribution();
        assert_eq!(changed, new, "{why}");
    }
}
