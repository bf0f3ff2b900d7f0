use super::*;
use events::Timestamp;
use fake_github::{Account, PullRequestPage};
use github::port::{CheckId, CommentId, NewCheck, ReviewId, Side};

const HEAD: &str = "1111111000000000000000000000000000000000";

fn page() -> Page {
    let posted = PostedReview {
        id: ReviewId(1),
        author: Account::named("bot[bot]"),
        commit_id: HEAD.parse().unwrap(),
        event: ReviewEvent::Comment,
        body: "### Review of `1111111`\n\nQuality: **6** of 10.\n".to_owned(),
        comments: vec![ReviewComment::at(
            "src/lib.rs",
            3,
            Side::Right,
            "**High** · security · `secret`\n\nRevoke it.".to_owned(),
        )],
        submitted_at: Timestamp::UNIX_EPOCH,
        dismissed: None,
    };
    Page {
        github: PullRequestPage {
            pr: "acme/shop#1".parse().unwrap(),
            title: "Sell more".to_owned(),
            author: Account::named("alice"),
            head: HEAD.parse().unwrap(),
            base_branch: "main".to_owned(),
            reviews: vec![posted],
            checks: vec![check("Open: 1 high", Some(Conclusion::Failure))],
            comments: Vec::new(),
        },
        review: None,
    }
}

fn check(title: &str, conclusion: Option<Conclusion>) -> PostedCheck {
    PostedCheck {
        id: CheckId(2),
        author: "bot[bot]".to_owned(),
        check: NewCheck {
            head_sha: HEAD.parse().unwrap(),
            name: "bot".to_owned(),
            conclusion,
            title: title.to_owned(),
            summary: "The author is on the list `bots`.".to_owned(),
            external_id: String::new(),
        },
        at: Timestamp::UNIX_EPOCH,
    }
}

fn comment(body: &str) -> PostedComment {
    PostedComment {
        id: CommentId(3),
        author: Account::named("bot[bot]"),
        body: body.to_owned(),
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

/// Returns the text of the page without styles.
fn shown(page: &Page, is_verbose: bool) -> String {
    let view = View {
        width: 50,
        is_verbose,
    };
    let mut out = String::new();
    show(&mut out, &Run::default(), page, view);
    anstream::adapter::strip_str(&out).to_string()
}

#[test]
fn omits_repeating_summary() {
    let mut page = page();
    let repeating = "### Status\n\n**Open: 1 high**\n\nQuality: **6** of \
                     10.\n\n<details><summary>1 finding open</summary>\n\n- `src/lib.rs:3` **High** \
                     Revoke it.\n\n</details>\n";
    page.github.comments = vec![comment(repeating)];
    insta::assert_snapshot!(shown(&page, false), @"
    acme/shop#1 Sell more · by alice · 1111111 into
    main
      Review of 1111111 by bot[bot]: commented
      │ Quality: 6 of 10.
      ├ src/lib.rs:3 High · security · secret
      │   Revoke it.

      Check bot: failure · Open: 1 high

    ");
    assert!(shown(&page, true).contains("Comment by bot[bot]\n  │ Status\n  │ Open: 1 high\n"));
    page.github.comments = vec![comment(&format!("{repeating}\n- `src/lib.rs:9` other\n"))];
    let summary = "Comment by bot[bot]\n  │ • src/lib.rs:9 other\n";
    assert!(shown(&page, false).contains(summary));
}

#[test]
fn skipped_pull_request_has_reason() {
    let mut page = page();
    page.github.reviews.clear();
    page.github.checks = vec![check("Not reviewed", Some(Conclusion::Neutral))];
    insta::assert_snapshot!(shown(&page, false), @"
    acme/shop#1 Sell more · by alice · 1111111 into
    main
      Check bot: neutral · Not reviewed · The author
      is on the list bots.

    ");
}

#[test]
fn cuts_long_texts() {
    let mut page = page();
    let review = &mut page.github.reviews[0];
    review.body = "Line of text.\n\n".repeat(BODY_LINES + 1);
    review.comments = vec![review.comments[0].clone(); COMMENTS + 2];
    let brief = shown(&page, false);
    assert_eq!(brief.matches("Line of text.").count(), BODY_LINES - 1);
    assert!(
        brief.contains("  │ … 2 more lines, shown with -v\n"),
        "{brief}"
    );
    assert_eq!(brief.matches("Revoke it.").count(), COMMENTS - 1);
    assert!(
        brief.contains("  │ … 3 more comments, shown with -v\n"),
        "{brief}"
    );
    let full = shown(&page, true);
    assert_eq!(full.matches("Line of text.").count(), BODY_LINES + 1);
    assert_eq!(full.matches("Revoke it.").count(), COMMENTS + 2);
    assert!(!full.contains("shown with -v"), "{full}");
}

#[test]
fn result_shows_active_vote() {
    let posted = |event, dismissed: Option<&str>| PostedReview {
        event,
        dismissed: dismissed.map(ToOwned::to_owned),
        ..page().github.reviews[0].clone()
    };
    let (no, yes) = (ReviewEvent::RequestChanges, ReviewEvent::Approve);
    for (why, reviews, expected) in [
        ("no review", vec![], "no review"),
        (
            "comment",
            vec![posted(ReviewEvent::Comment, None)],
            "commented",
        ),
        (
            "a comment withdraws no vote",
            vec![posted(no, None), posted(ReviewEvent::Comment, None)],
            "changes requested",
        ),
        (
            "last vote",
            vec![posted(no, None), posted(yes, None)],
            "approved",
        ),
        (
            "dismissed",
            vec![posted(no, Some("Replaced."))],
            "vote dismissed",
        ),
    ] {
        let mut page = page();
        page.github.reviews = reviews;
        assert_eq!(decision(&page).0, expected, "{why}");
    }
}
