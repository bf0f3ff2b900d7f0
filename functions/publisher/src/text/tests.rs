mod anchors;
mod rounds;

use super::markdown::plain;
use super::*;
use crate::approval::Approval;
use crate::desired::ReviewContent;
use crate::head::HeadState;
use crate::status::Status;
use ::review::item::{Reader, ReviewItem};
use ::review::message::ReviewKey;
use ::review::{Confidence, Coverage, MODEL};
use diff::{Diff, OmissionReason, OmittedFile};
use github::port::{NewReview, ReviewComment, ReviewEvent};

const MARKER: &str = "<!-- github-bot:0123 -->";

fn finding(line: u32, severity: Severity, message: &str) -> Finding {
    Finding {
        path: "src/lib.rs".to_owned(),
        line,
        severity,
        category: Category::Security,
        rule: "some-rule".to_owned(),
        message: message.to_owned(),
        confidence: Confidence::percent(90),
        start_line: None,
        title: None,
        suggestion: None,
        by: vec!["rules".to_owned()],
        fingerprint: None,
        also: vec![],
        reviewed_before: false,
        side: ::review::Side::Right,
    }
}

fn reader(name: &str) -> Reader {
    Reader {
        name: name.to_owned(),
        coverage: Coverage {
            files_read: 1,
            left_out: vec![OmittedFile {
                path: "logo.png".to_owned(),
                why: OmissionReason::Binary,
            }],
        },
        notes: vec![],
        score: None,
        usage: None,
    }
}

fn report() -> CheckReport {
    CheckReport {
        readers: vec![reader("rules")],
        ..CheckReport::default()
    }
}

fn wanted(findings: Vec<Finding>, missing: Vec<Category>) -> HeadState {
    let expected = Category::ALL
        .iter()
        .filter(|category| !missing.contains(category));
    let item = ReviewItem {
        reports: expected.map(|category| (*category, report())).collect(),
        verdict: Some(Verdict {
            decided_at: events::Timestamp::UNIX_EPOCH,
            event: ReviewEvent::RequestChanges,
            findings,
            unsure: vec![],
            unproven: [].into(),
            quality_score: Some(2),
            missing,
            late: vec![],
            still_open: vec![],
            resolved: vec![],
            to_revoke: vec![],
            since: None,
            below_floor: 0,
            notes: vec![],
            usage: None,
        }),
        ..ReviewItem::of("b".repeat(40).parse().unwrap())
    };
    HeadState {
        review: ReviewKey {
            pr: "octo/widgets#7".parse().unwrap(),
            head_sha: "a".repeat(40).parse().unwrap(),
        },
        item,
        pull: None,
        late: vec![],
        check: crate::visibility::CheckState::Shown,
        refusal: None,
    }
}

/// Returns the head with a changed verdict.
fn decided(mut head: HeadState, change: impl FnOnce(&mut Verdict)) -> HeadState {
    change(head.item.verdict.as_mut().unwrap());
    head
}

/// Returns the review of the late findings, or else of the verdict.
fn shown(head: &HeadState, diff: &Diff) -> NewReview {
    let content = match head.late.is_empty() {
        true => verdict(head),
        false => ReviewContent::Late(head.late.clone()),
    };
    review(head, &content, Some(diff), MARKER, &Approval::NotRequested)
}

fn verdict(head: &HeadState) -> ReviewContent {
    ReviewContent::Verdict(head.item.verdict.clone().unwrap().into())
}

/// Returns a diff that adds `lines` lines to `src/lib.rs`.
fn added(lines: usize) -> Diff {
    let text = "+line\n".repeat(lines);
    diff::parse(&format!(
        "diff --git a/src/lib.rs b/src/lib.rs\nnew file mode 100644\n--- /dev/null\n\
         +++ b/src/lib.rs\n@@ -0,0 +1,{lines} @@\n{text}"
    ))
}

#[test]
fn removed_line_is_anchored_left() {
    use github::port::Side;
    let gone = |line| Finding {
        side: ::review::Side::Left,
        ..finding(line, Severity::High, "The caller is not checked any more.")
    };
    let diff = diff::parse(
        "diff --git a/src/lib.rs b/src/lib.rs\n--- a/src/lib.rs\n+++ b/src/lib.rs\n\
         @@ -1,3 +1,3 @@\n one\n-check()\n+two\n three\n",
    );
    let beside = finding(2, Severity::High, "Another thing.");
    let review = shown(&wanted(vec![gone(2), gone(9), beside], vec![]), &diff);
    let places: Vec<_> = review
        .comments
        .iter()
        .map(|it| (it.line, it.side))
        .collect();
    assert_eq!(places, [(2, Side::Left), (2, Side::Right)]);
    let recorded = recorded(&review);
    assert!(recorded.contains("`src/lib.rs:2 (gone)`\n"), "{recorded}");
    assert!(recorded.contains("`src/lib.rs:2`\n"), "{recorded}");
    let listed = "`src/lib.rs:9 (gone)` **High, blocks merging** The caller is not checked";
    assert!(review.body.contains(listed), "{}", review.body);
}

#[test]
fn renders_partial_review() {
    let findings = vec![
        finding(1, Severity::Critical, "A key. Revoke it."),
        finding(1, Severity::Low, "The same line again."),
        finding(99, Severity::Medium, "Off the diff."),
    ];
    let review = shown(&wanted(findings, vec![Category::Logic]), &added(3));
    insta::assert_snapshot!(review.body, @"
    ### Review of `aaaaaaa`

    3 findings: 1 critical, 1 medium, 1 low.

    **Fix before merging:** `src/lib.rs:1` (`some-rule`).

    Quality: **2** of 10.

    > [!WARNING]
    > This review is partial: **logic** did not answer in time.

    <details><summary>1 finding not shown as comments</summary>

    - `src/lib.rs:99` **Medium** Off the diff.

    </details>

    - security: 1 file read by rules
    - style: 1 file read by rules
    - not read: `logo.png` (not text)

    <sub>Reviewed by rules alone, without a model.</sub>

    <!-- github-bot:0123 -->
    ");
    assert_eq!(review.comments.len(), 1, "one comment a line");
    insta::assert_snapshot!(review.comments[0].body, @"
    **Critical** · security · `some-rule` (90% sure) · **blocks merging**

    A key. Revoke it.

    **Low** · security · `some-rule` (90% sure)

    The same line again.
    ");
}

#[test]
fn escapes_user_text() {
    for (why, text, shown) in [
        ("no mention", "ask @octocat", "ask @\u{200d}octocat"),
        (
            "links nowhere",
            "[x](http://evil)",
            "\\[x\\](http:\u{200d}//evil)",
        ),
        (
            "no address either",
            "see WWW.evil.example",
            "see WWW\u{200d}.evil.example",
        ),
        ("shows no picture", "![x](y)", "\\!\\[x\\](y)"),
        ("no HTML", "<img src=x>", "\\<img src=x\\>"),
        ("no line of its own", "a\n# b", "a \\#\u{200d} b"),
        (
            "code stays code",
            "use `a_b`, not *c*",
            "use `a_b`, not \\*c\\*",
        ),
        ("an open span is none", "a ` b", "a \\` b"),
    ] {
        assert_eq!(plain(text), shown, "{why}");
    }
    assert_eq!(
        code("a`b``c"),
        "``` a`b``c ```",
        "no way out of a code span"
    );
}

#[test]
fn renders_review_by_rules_and_model() {
    let mut model = finding(
        2,
        Severity::Medium,
        "`left` is never checked. Ask @octocat.",
    );
    model.rule = ::review::MODEL.to_owned();
    model.title = Some("Unchecked *value*".to_owned());
    model.by = vec!["kimi-k3.1-pro".to_owned()];
    model.suggestion = Some("let left = checked(left)?; // ```".to_owned());
    let mut range = model.clone();
    range.start_line = Some(1);
    range.title = Some("Two lines".to_owned());
    let mut both = finding(1, Severity::High, "A key. Revoke it.");
    both.by.push("kimi-k3.1-pro".to_owned());
    let mut wanted = wanted(vec![both, model, range], vec![]);
    wanted = decided(wanted, |verdict| {
        verdict.unsure = vec![finding(3, Severity::Low, "Perhaps.")];
    });
    for report in wanted.item.reports.values_mut() {
        let mut kimi = reader("kimi-k3.1-pro");
        kimi.coverage.left_out.push(OmittedFile {
            path: "Cargo.lock".to_owned(),
            why: OmissionReason::Generated,
        });
        kimi.notes = vec!["2 secrets were masked before it read the change.".to_owned()];
        kimi.usage = Some(::review::Usage {
            prompt_tokens: 9_000,
            cached_tokens: 4_000,
            completion_tokens: 1_000,
            micro_dollars: Some(12_345),
        });
        report.readers.push(kimi);
    }
    let review = shown(&wanted, &added(3));
    let comment = |it: &ReviewComment| format!("{:?} to {}\n{}", it.start_line, it.line, it.body);
    let comments: Vec<_> = review.comments.iter().map(comment).collect();
    insta::assert_snapshot!(format!("{}\n\n{}", review.body, comments.join("\n\n")));
}

#[test]
fn worst_findings_are_comments() {
    let findings = (1..=30)
        .map(|line| finding(line, Severity::Low, "Something."))
        .collect();
    let mut wanted = wanted(findings, vec![]);
    for most in [0, 1, 10] {
        wanted.item.policy.max_comments = most;
        let review = shown(&wanted, &added(30));
        assert_eq!(review.comments.len(), usize::from(most), "{most}");
        let listed = review.body.matches("- `src/lib.rs:").count();
        assert_eq!(listed, 30 - usize::from(most), "{most}");
    }
}

#[test]
fn cuts_body_at_github_limit() {
    let long = "é".repeat(3_000);
    let findings = (1..=40)
        .map(|line| finding(line, Severity::Low, &long))
        .collect();
    let review = shown(&wanted(findings, vec![]), &Diff::default());
    assert!(review.body.chars().count() <= LONGEST_BODY);
    assert!(review.body.contains("Text cut here"));
    assert!(review.body.ends_with(MARKER));
}

#[test]
fn comment_fits_github_limit() {
    let long = |n: usize| format!("{n} {}", "é".repeat(30_000));
    let findings = (1..=3).map(|n| finding(1, Severity::Low, &long(n)));
    let review = shown(&wanted(findings.collect(), vec![]), &added(3));
    assert_eq!(review.comments.len(), 1);
    let body = &review.comments[0].body;
    assert!(body.chars().count() <= LONGEST_BODY);
    assert!(body.contains("1 é") && body.contains("2 é"), "two fit");
    assert!(review.body.contains("3 é"), "the third is listed");

    let longer = "é".repeat(LONGEST_BODY);
    let alone = wanted(vec![finding(1, Severity::Low, &longer)], vec![]);
    assert_eq!(
        shown(&alone, &added(3)).comments,
        [],
        "it fits into no comment"
    );
}

#[test]
fn unreadable_change_is_not_called_clean() {
    let mut wanted = decided(wanted(vec![], vec![]), |verdict| {
        verdict.quality_score = None;
        verdict.event = ReviewEvent::Comment;
    });
    for report in wanted.item.reports.values_mut() {
        report.readers[0].coverage.files_read = 0;
    }
    let review = shown(&wanted, &Diff::default());
    insta::assert_snapshot!(review.body, @"
    ### Review of `aaaaaaa`
    The change could not be read. It was not reviewed.
    - Not read: `logo.png` (not text)
    <!-- github-bot:0123 -->
    ");
}

#[test]
fn renders_late_findings() {
    let late = |finding| HeadState {
        late: vec![finding],
        ..wanted(vec![], vec![])
    };
    let rule = finding(2, Severity::High, "Something.");
    let review = shown(&late(rule.clone()), &Diff::default());
    assert_eq!(review.event, ReviewEvent::RequestChanges);
    insta::assert_snapshot!(review.body, @"
    ### Security issues in `aaaaaaa`

    The security specialist answered after the review was posted. Address its findings before merging: 1 high.

    - `src/lib.rs:2` **High, blocks merging** Something.

    <!-- github-bot:0123 -->
    ");

    let model = Finding {
        rule: MODEL.to_owned(),
        ..rule
    };
    let review = shown(&late(model), &Diff::default());
    assert_eq!(review.event, ReviewEvent::Comment);
    insta::assert_snapshot!(review.body, @"
    ### Security issues in `aaaaaaa`

    The security specialist answered after the review was posted. Only a model found this, without a second look. Check it before merging: 1 high.

    - `src/lib.rs:2` **High** Something.

    <!-- github-bot:0123 -->
    ");
}

#[test]
fn text_of_others_is_no_command() {
    let mut model = finding(1, Severity::Low, "/approve");
    model.rule = MODEL.to_owned();
    model.title = Some("@dependabot merge".to_owned());
    let mut bors = finding(2, Severity::Low, "bors r+");
    bors.suggestion = Some("let a = 1;\n/lgtm".to_owned());
    let mut span = finding(
        3,
        Severity::Low,
        "Ask `@dependabot merge` and `@types/node`.",
    );
    span.suggestion = Some("let b = 2;".to_owned());
    let review = shown(&wanted(vec![model, bors, span], vec![]), &added(3));
    let bodies = review.comments.iter().map(|it| it.body.as_str());
    let text: Vec<_> = bodies.chain([review.body.as_str()]).collect();
    for line in text.iter().flat_map(|text| text.lines()) {
        let line = line.trim();
        assert!(!line.starts_with('/'), "{line}");
        assert!(!line.starts_with("bors"), "{line}");
        assert!(!line.contains("@dependabot"), "{line}");
    }
    let text = text.join("\n");
    assert!(text.contains("\u{200d}bors r+"), "it is shown: {text}");
    assert!(
        text.contains("`@types/node`"),
        "a path is unchanged: {text}"
    );
    assert_eq!(text.matches("```suggestion").count(), 1, "{text}");
}

#[test]
fn renders_removed_secret() {
    let of = decided(wanted(vec![], vec![]), |verdict| {
        verdict.event = ReviewEvent::Comment;
        verdict.since = Some("c".repeat(40).parse().unwrap());
        verdict.to_revoke = vec![Finding {
            rule: ::review::SECRET.to_owned(),
            ..finding(1, Severity::Critical, "This is a key. Revoke it.")
        }];
    });
    insta::assert_snapshot!(summary(&of, Status::Reviewed, false, MARKER), @"
    ### Review status of `aaaaaaa`

    **Revoke 1 key**

    Nothing new since `ccccccc`: 0 resolved, 0 still open.

    Quality: **2** of 10.

    **Revoke these keys.** The change no longer contains them, but the history of the branch does. They do not block, and stay listed until the pull request is closed.

    - `src/lib.rs:1` **Critical** This is a key. Revoke it.

    - not read: `logo.png` (not text)

    <!-- github-bot:0123 -->
    ");
}

#[test]
fn renders_score_below_minimum() {
    let mut of = decided(wanted(vec![], vec![]), |verdict| {
        verdict.quality_score = Some(5);
        verdict.late = vec![finding(1, Severity::Low, "Something.")];
    });
    of.item.policy.request_changes_below_score = 8;
    let body = shown(&of, &added(3)).body;
    let demand = "**Changes requested:** the score of 5 is below the minimum of 8.";
    assert!(body.contains(demand), "{body}");
}
