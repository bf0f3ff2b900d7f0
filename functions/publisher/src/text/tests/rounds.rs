//! What a later round tells, how an approval reads, and how a head stands.

use super::*;
use ::review::Usage;
use ::review::item::Skipped;
use ::review::message::SkipReason;
use policy::WhyNot;

fn since(verdict: &mut Verdict) {
    verdict.since = Some("c".repeat(40).parse().unwrap());
}

/// A second round with one of everything.
fn second_round() -> Review {
    let review = wanted(vec![finding(1, Severity::Medium, "New.")], vec![]);
    decided(review, |verdict| {
        since(verdict);
        verdict.event = ReviewEvent::Comment;
        verdict.still_open = vec![
            finding(2, Severity::High, "Old and bad. Ask @octocat."),
            finding(3, Severity::Low, "Old."),
        ];
        verdict.resolved = vec![finding(4, Severity::High, "Mended.")];
        verdict.late = vec![finding(5, Severity::Low, "Seen only now.")];
        verdict.unsure = vec![finding(6, Severity::Low, "Perhaps.")];
        verdict.below_floor = 3;
        verdict.notes = vec!["The second look had *no* answer.".to_owned()];
        verdict.usage = Some(Usage {
            prompt_tokens: 100,
            cached_tokens: 0,
            completion_tokens: 10,
            micro_dollars: None,
        });
    })
}

#[test]
fn a_second_round_as_people_read_it() {
    insta::assert_snapshot!(shown(&second_round(), &added(3)).body);
}

#[test]
fn a_round_with_nothing_new_says_so_in_one_sentence() {
    let first = |change: fn(&mut Verdict), missing: Vec<Category>| {
        let review = decided(wanted(vec![], missing), |verdict| {
            since(verdict);
            verdict.event = ReviewEvent::Comment;
            change(verdict);
        });
        let body = shown(&review, &added(3)).body;
        let opening = body.split("Quality:").next().unwrap();
        let (_, opening) = opening.split_once("\n\n").unwrap();
        opening.trim().to_owned()
    };
    let nothing: fn(&mut Verdict) = |_| {};
    let blocks: fn(&mut Verdict) = |verdict| {
        verdict.event = ReviewEvent::RequestChanges;
        verdict.still_open = vec![finding(2, Severity::High, "Old.")];
    };
    for (why, change, missing, opening) in [
        (
            "nothing at all",
            nothing,
            vec![],
            "Nothing new since `ccccccc`: 0 resolved, 0 still open.",
        ),
        (
            "what blocks is still there",
            blocks,
            vec![],
            "Nothing new since `ccccccc`: 0 resolved, 1 still open. Please address what blocks \
             before merging.",
        ),
        (
            "not all have looked",
            nothing,
            vec![Category::Logic],
            "Nothing found in what was looked at.\n\n\
             Nothing new since `ccccccc`: 0 resolved, 0 still open.",
        ),
    ] {
        assert_eq!(first(change, missing), opening, "{why}");
    }
}

#[test]
fn the_second_look_is_paid_with_the_rest() {
    let usage = |tokens| Usage {
        prompt_tokens: tokens,
        cached_tokens: 0,
        completion_tokens: 0,
        micro_dollars: Some(tokens * 100),
    };
    let mut review = decided(wanted(vec![], vec![]), |it| it.usage = Some(usage(5)));
    let alone = shown(&review, &added(3)).body;
    assert!(alone.contains("<sub>`second look`: 5 tokens"), "{alone}");
    for report in review.of.item.reports.values_mut() {
        let mut kimi = reader("kimi");
        kimi.usage = Some(usage(10));
        report.readers.push(kimi);
    }
    let together = shown(&review, &added(3)).body;
    assert!(
        together.contains("<sub>`kimi`: 35 tokens, 0 of them from its cache, $0.0035</sub>"),
        "{together}"
    );
}

#[test]
fn an_approval_and_why_there_is_none() {
    let review = decided(wanted(vec![], vec![]), |it| it.event = ReviewEvent::Comment);
    let with = |approval: &Approval| super::super::review(&review, &added(3), MARKER, approval);
    let given = with(&Approval::Given);
    assert_eq!(given.event, ReviewEvent::Approve);
    assert!(
        given.body.contains("Approved: nothing is open"),
        "{}",
        given.body
    );
    let withheld = with(&Approval::Withheld(vec![
        WhyNot::Score(Some(2), 8),
        WhyNot::Fork,
    ]));
    assert_eq!(withheld.event, ReviewEvent::Comment);
    let (_, after) = withheld.body.split_once("<details>").unwrap();
    let (folded, _) = after.split_once("</details>").unwrap();
    insta::assert_snapshot!(folded, @r"
    <summary>Not approved, for 2 reasons</summary>

    - The score is 2 of 10; 8 is asked for.
    - It comes from a fork.
    ");
    let blocked = wanted(vec![], vec![]);
    let event = super::super::review(&blocked, &added(3), MARKER, &Approval::Given).event;
    assert_eq!(
        event,
        ReviewEvent::RequestChanges,
        "what asks for changes approves nothing"
    );
}

#[test]
fn what_is_recorded_is_the_whole_review() {
    let review = shown(
        &wanted(vec![finding(1, Severity::High, "A key.")], vec![]),
        &added(3),
    );
    let text = recorded(&review);
    assert!(text.contains("1 finding: 1 high."), "{text}");
    assert!(
        text.contains("`src/lib.rs:1`\n\n**High** · security"),
        "{text}"
    );
}

#[test]
fn how_a_head_stands_as_people_read_it() {
    let of = second_round().of;
    insta::assert_snapshot!(summary(&of, Told::Review, MARKER));
    let late = decided(wanted(vec![], vec![Category::Security]), |_| {}).of;
    insta::assert_snapshot!(summary(&late, Told::Block, MARKER));
    assert_eq!(headline(&of, Told::Review), "Open: 1 high, 1 medium, 2 low");
}

#[test]
fn a_headline_says_no_more_than_is_known() {
    let unread: fn(&mut Wanted) = |of| {
        for report in of.item.reports.values_mut() {
            report.readers[0] = reader("rules");
            report.readers[0].coverage.files_read = 0;
        }
    };
    let unsure: fn(&mut Wanted) = |of| {
        let verdict = of.item.verdict.as_mut().unwrap();
        verdict.unsure = vec![finding(1, Severity::Low, "Perhaps.")];
    };
    let same: fn(&mut Wanted) = |_| {};
    let left_out: fn(&mut Wanted) = |of| {
        let report = of.item.reports.get_mut(&Category::Style).unwrap();
        let file = |path: &str, why| LeftOut {
            path: path.to_owned(),
            why,
        };
        report.readers[0].coverage.left_out = vec![
            file("one", WhyLeftOut::Budget),
            file("two", WhyLeftOut::Unanswered),
            file("three", WhyLeftOut::Generated),
        ];
    };
    let left_out_one: fn(&mut Wanted) = |of| {
        let report = of.item.reports.get_mut(&Category::Style).unwrap();
        report.readers[0] = reader("rules");
    };
    for (why, change, missing, headline) in [
        ("clean", same, vec![], "Nothing is open"),
        (
            "some was left out",
            left_out,
            vec![],
            "Nothing found in what was read; 2 files were not read",
        ),
        (
            "one was left out",
            left_out_one,
            vec![],
            "Nothing found in what was read; 1 file was not read",
        ),
        (
            "unsure",
            unsure,
            vec![],
            "Nothing is open that anybody is sure of",
        ),
        ("unread", unread, vec![], "The change could not be read"),
        (
            "partial",
            same,
            vec![Category::Logic],
            "Nothing found in what was looked at",
        ),
        (
            "nobody",
            same,
            Category::ALL.to_vec(),
            "Nobody has looked at this change",
        ),
    ] {
        let mut of = wanted(vec![], missing).of;
        for report in of.item.reports.values_mut() {
            report.readers[0].coverage.left_out.clear();
        }
        change(&mut of);
        assert_eq!(super::super::headline(&of, Told::Review), headline, "{why}");
    }
}

#[test]
fn why_a_head_is_left_alone() {
    for (why, reason, text, shown) in [
        (
            "a label is a stranger's text",
            SkipReason::Label,
            "It carries the label <b>@octocat</b>.",
            "It carries the label \\<b\\>@\u{200d}octocat\\</b\\>.",
        ),
        (
            "the settings' mistakes are our own Markdown",
            SkipReason::InvalidPolicy,
            "**Line 3**: `drafts` is no number.",
            "**Line 3**: `drafts` is no number.",
        ),
    ] {
        let mut of = wanted(vec![], vec![]).of;
        of.item.verdict = None;
        of.item.skipped = Some(Skipped {
            reason,
            why: text.to_owned(),
        });
        let told = Told::Skipped(reason);
        assert_eq!(check_summary(&of, told).trim(), shown, "{why}");
        assert_eq!(headline(&of, told), "Not reviewed", "{why}");
        assert!(summary(&of, told, MARKER).contains(shown), "{why}");
    }
}

#[test]
fn a_checks_summary_is_cut_where_github_would_refuse_it() {
    let long = "é".repeat(3_000);
    let findings = (1..=40)
        .map(|line| finding(line, Severity::Low, &long))
        .collect();
    let of = wanted(findings, vec![]).of;
    let text = check_summary(&of, Told::Review);
    assert!(text.chars().count() <= LONGEST_SUMMARY);
    assert!(text.contains("Cut here"));
    let body = summary(&of, Told::Review, MARKER);
    assert!(body.chars().count() <= LONGEST_BODY);
    assert!(body.ends_with(MARKER));
}
