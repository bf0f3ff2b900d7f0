use super::*;
use crate::tests::{clean, finding};
use github::port::ReviewEvent;
use policy::Conclusion as Wish;
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
    let skipped = Told::Skipped(SkipReason::Draft);
    // The columns are the results of the default policy, and of both settings inverted.
    for (why, change, told, built_in, turned) in [
        ("nothing is open", same, Told::Review, success, success),
        ("it blocks", block, Told::Review, failure, neutral),
        ("it still blocks", old_block, Told::Review, failure, neutral),
        ("a finding", low, Told::Review, neutral, failure),
        (
            "on a line of an earlier round",
            late,
            Told::Review,
            neutral,
            failure,
        ),
        ("unconfirmed", unsure, Told::Review, success, success),
        ("partial", partial, Told::Review, neutral, neutral),
        (
            "partial, and a finding",
            partial_and_low,
            Told::Review,
            neutral,
            failure,
        ),
        ("unread", unread, Told::Review, neutral, neutral),
        ("under way", same, Told::UnderWay, None, None),
        ("blocked later", same, Told::Block, failure, neutral),
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
        assert_eq!(conclusion(&item, told), built_in, "{why}");
        item.policy.checks.on_block = Wish::Neutral;
        item.policy.checks.on_findings = Wish::Failure;
        assert_eq!(conclusion(&item, told), turned, "{why}, turned");
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
        let told = conclusion(&item, Told::Review);
        assert_eq!(told, end, "one file of two was left out: {why:?}");
    }
}

#[test]
fn reviewed_status_is_never_downgraded() {
    let (draft, label) = (
        Told::Skipped(SkipReason::Draft),
        Told::Skipped(SkipReason::Label),
    );
    for (why, before, now, may) in [
        ("another text", Told::Review, Told::Review, true),
        ("another text of a block", Told::Block, Told::Block, true),
        ("reviewed after all", draft, Told::Review, true),
        ("another reason", draft, label, true),
        ("the same reason in other words", draft, draft, true),
        ("begun after all", draft, Told::UnderWay, true),
        ("a draft, begun before", Told::UnderWay, draft, true),
        ("it ends", Told::UnderWay, Told::Review, true),
        ("a block after the review", Told::Review, Told::Block, true),
        (
            "the review after its block",
            Told::Block,
            Told::Review,
            false,
        ),
        ("a draft again", Told::Review, draft, false),
        ("a draft again, blocked", Told::Block, draft, false),
        ("begun again", Told::Review, Told::UnderWay, false),
        ("begun again, blocked", Told::Block, Told::UnderWay, false),
    ] {
        assert_eq!(now.supersedes(before), may, "{why}");
    }
}

#[test]
fn content_covers_conclusion_title_and_summary() {
    let shown = |conclusion, title: &str, summary: &str| ShownCheck {
        conclusion,
        title: title.to_owned(),
        summary: summary.to_owned(),
    };
    let tells = |shown: &ShownCheck| Tells::of(Told::Review, shown);
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
        assert_eq!(tells(&now).supersedes(&tells(&before)), new, "{why}");
    }
}
