//! Texts of a later round, of approvals, and of a head's status.

use super::*;
use ::review::Usage;
use ::review::item::SkippedHead;
use ::review::message::SkipReason;
use policy::NoApprovalReason;

fn since(verdict: &mut Verdict) {
    verdict.since = Some("c".repeat(40).parse().unwrap());
}

/// Returns a second round with one finding of every kind.
fn second_round() -> HeadState {
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
fn renders_second_round() {
    insta::assert_snapshot!(shown(&second_round(), &added(3)).body);
}

#[test]
fn unchanged_round_is_one_sentence() {
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
    let open: fn(&mut Verdict) = |verdict| {
        verdict.still_open = vec![finding(2, Severity::Low, "Old.")];
    };
    let blocks: fn(&mut Verdict) = |verdict| {
        verdict.event = ReviewEvent::RequestChanges;
        verdict.still_open = vec![finding(2, Severity::High, "Old.")];
    };
    for (why, change, missing, opening) in [
        (
            "an open finding that does not block",
            open,
            vec![],
            "Nothing new since `ccccccc`: 0 resolved, 1 still open.",
        ),
        (
            "a blocking finding is still open",
            blocks,
            vec![],
            "Nothing new since `ccccccc`: 0 resolved, 1 still open.\n\n\
             **Fix before merging:** `src/lib.rs:2` (`some-rule`).",
        ),
        (
            "not all have looked",
            open,
            vec![Category::Logic],
            "No findings in the partial review.\n\n\
             Nothing new since `ccccccc`: 0 resolved, 1 still open.",
        ),
    ] {
        assert_eq!(first(change, missing), opening, "{why}");
    }
}

#[test]
fn cost_includes_second_look() {
    let usage = |tokens| Usage {
        prompt_tokens: tokens,
        cached_tokens: 0,
        completion_tokens: 0,
        micro_dollars: Some(tokens * 100),
    };
    let mut review = decided(wanted(vec![], vec![]), |it| it.usage = Some(usage(5)));
    let alone = shown(&review, &added(3)).body;
    assert!(alone.contains("- `second look`: 5 tokens"), "{alone}");
    for report in review.item.reports.values_mut() {
        let mut kimi = reader("kimi");
        kimi.usage = Some(usage(10));
        report.readers.push(kimi);
    }
    let together = shown(&review, &added(3)).body;
    assert!(
        together.contains("- `kimi`: 35 tokens, 0 of them cached, $0.0035"),
        "{together}"
    );
}

#[test]
fn renders_approval_and_its_reasons() {
    let head = decided(wanted(vec![], vec![]), |it| it.event = ReviewEvent::Comment);
    let with =
        |approval: &Approval| review(&head, &verdict(&head), Some(&added(3)), MARKER, approval);
    let given = with(&Approval::Given);
    assert_eq!(given.event, ReviewEvent::Approve);
    assert!(
        given.body.contains("Approved: no open findings"),
        "{}",
        given.body
    );
    let withheld = with(&Approval::Withheld(vec![
        NoApprovalReason::Score(Some(2), 8),
        NoApprovalReason::Fork,
    ]));
    assert_eq!(withheld.event, ReviewEvent::Comment);
    insta::assert_snapshot!(withheld.body, @r"
    ### Review of `aaaaaaa`
    No findings. Quality: **2** of 10. Not approved: The score is 2 of 10; 8 is asked for. It comes from a fork.
    - Checked for security, style, logic: 1 file read by rules, without a model
    - Not read: `logo.png` (not text)
    <!-- github-bot:0123 -->
    ");
    let blocked = wanted(vec![], vec![]);
    let content = verdict(&blocked);
    let event = review(
        &blocked,
        &content,
        Some(&added(3)),
        MARKER,
        &Approval::Given,
    )
    .event;
    assert_eq!(
        event,
        ReviewEvent::RequestChanges,
        "a request for changes does not approve"
    );
}

#[test]
fn record_contains_whole_review() {
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
fn renders_head_status() {
    let of = second_round();
    insta::assert_snapshot!(summary(&of, Status::Reviewed, false, MARKER));
    let late = decided(wanted(vec![], vec![Category::Security]), |_| {});
    insta::assert_snapshot!(summary(&late, Status::Blocked, false, MARKER));
    assert_eq!(
        headline(&of, Status::Reviewed),
        "Open: 1 high, 1 medium, 2 low; 1 blocks merging"
    );
}

#[test]
fn headline_states_only_known_facts() {
    let unread: fn(&mut HeadState) = |of| {
        for report in of.item.reports.values_mut() {
            report.readers[0] = reader("rules");
            report.readers[0].coverage.files_read = 0;
        }
    };
    let unsure: fn(&mut HeadState) = |of| {
        let verdict = of.item.verdict.as_mut().unwrap();
        verdict.unsure = vec![finding(1, Severity::Low, "Perhaps.")];
    };
    let same: fn(&mut HeadState) = |_| {};
    let left_out: fn(&mut HeadState) = |of| {
        let report = of.item.reports.get_mut(&Category::Style).unwrap();
        let file = |path: &str, why| OmittedFile {
            path: path.to_owned(),
            why,
        };
        report.readers[0].coverage.left_out = vec![
            file("one", OmissionReason::Budget),
            file("two", OmissionReason::Unanswered),
            file("three", OmissionReason::Generated),
        ];
    };
    let left_out_one: fn(&mut HeadState) = |of| {
        let report = of.item.reports.get_mut(&Category::Style).unwrap();
        report.readers[0] = reader("rules");
    };
    for (why, change, missing, headline) in [
        ("clean", same, vec![], "No open findings"),
        (
            "some was left out",
            left_out,
            vec![],
            "No findings in the files read; 2 files were not read",
        ),
        (
            "one was left out",
            left_out_one,
            vec![],
            "No findings in the files read; 1 file was not read",
        ),
        ("unsure", unsure, vec![], "No confirmed findings"),
        ("unread", unread, vec![], "The change could not be read"),
        (
            "partial",
            same,
            vec![Category::Logic],
            "No findings in the partial review",
        ),
        (
            "no answer",
            same,
            Category::ALL.to_vec(),
            "No specialist answered",
        ),
    ] {
        let mut of = wanted(vec![], missing);
        for report in of.item.reports.values_mut() {
            report.readers[0].coverage.left_out.clear();
        }
        change(&mut of);
        assert_eq!(
            super::super::headline(&of, Status::Reviewed),
            headline,
            "{why}"
        );
    }
}

#[test]
fn renders_skip_reason() {
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
        let mut of = wanted(vec![], vec![]);
        of.item.verdict = None;
        of.item.skipped = Some(SkippedHead {
            reason,
            why: text.to_owned(),
        });
        let told = Status::Skipped(reason);
        assert_eq!(check_summary(&of, told).trim(), shown, "{why}");
        assert_eq!(headline(&of, told), "Not reviewed", "{why}");
        assert!(summary(&of, told, false, MARKER).contains(shown), "{why}");
    }
}

#[test]
fn cuts_check_summary_at_github_limit() {
    let long = "é".repeat(3_000);
    let findings = (1..=40)
        .map(|line| finding(line, Severity::Low, &long))
        .collect();
    let of = wanted(findings, vec![]);
    let text = check_summary(&of, Status::Reviewed);
    assert!(text.chars().count() <= LONGEST_SUMMARY);
    assert!(text.contains("Text cut here"));
    let body = summary(&of, Status::Reviewed, false, MARKER);
    assert!(body.chars().count() <= LONGEST_BODY);
    assert!(body.ends_with(MARKER));
}
