//! Reviews that GitHub refuses are posted in another form, so that none is lost.

use super::late_approvals::handle_while_pushed;
use super::*;
use fake_github::{Call, Fault};

fn found() -> ReviewItem {
    let mut item = clean();
    let verdict = item.verdict.as_mut().unwrap();
    verdict.findings = vec![finding(Severity::Critical)];
    verdict.event = ReviewEvent::RequestChanges;
    item
}

const NOT_TAKEN: &str = "GitHub refused comments on these lines";

#[tokio::test]
async fn refused_comments_are_listed_in_body() {
    for (why, own, event) in [
        ("anybody's", false, ReviewEvent::RequestChanges),
        ("the bot's own pull request", true, ReviewEvent::Comment),
    ] {
        let stage = Stage::new();
        if own {
            stage.world.set_bot("octocat");
        }
        stage.store(found()).await;
        let completed = stage.completed();
        stage
            .world
            .fail_next_on(Call::CreateReview, Fault::Rejected);
        assert_eq!(
            stage.handle(&completed).await,
            "applied, emitted 1",
            "{why}"
        );
        let reviews = stage.world.bot_reviews(&stage.pr);
        assert_eq!(reviews.len(), 1, "{why}");
        assert_eq!(reviews[0].event, event, "{why}");
        assert_eq!(reviews[0].comments, [], "{why}");
        let body = &reviews[0].body;
        assert!(body.contains(NOT_TAKEN), "{why}: {body}");
        assert!(
            body.contains("`src/lib.rs:2` **Critical, blocks merging** Something."),
            "{why}: {body}"
        );
        assert_eq!(stage.newest_emitted().data["comments"], 0, "{why}");
    }
}

#[tokio::test]
async fn own_pull_request_keeps_its_comments() {
    let stage = Stage::new();
    stage.world.set_bot("octocat");
    stage.store(found()).await;
    assert_eq!(stage.handle(&stage.completed()).await, "applied, emitted 1");
    let reviews = stage.world.bot_reviews(&stage.pr);
    assert_eq!(reviews[0].event, ReviewEvent::Comment);
    assert_eq!(reviews[0].comments.len(), 1);
    assert!(!reviews[0].body.contains(NOT_TAKEN));
}

/// Lets GitHub refuse the next review in both forms.
fn refuse_review(stage: &Stage) {
    for _ in 0..2 {
        stage
            .world
            .fail_next_on(Call::CreateReview, Fault::Rejected);
    }
}

#[tokio::test]
async fn finally_refused_review_is_shown_by_check() {
    let stage = Stage::new();
    stage.store(found()).await;
    refuse_review(&stage);
    let completed = stage.completed();
    assert_eq!(stage.handle(&completed).await, "applied, emitted 1");
    assert_eq!(stage.world.writes().len(), 2, "two forms");
    let published = stage.newest_emitted();
    assert_eq!(published.data.get("review_id"), None);
    assert_eq!(stage.handle(&published).await, "applied, emitted 0");
    assert_eq!(stage.world.bot_reviews(&stage.pr).len(), 0);
    assert_eq!(stage.comments(), [""; 0], "the check has the reason");
    let checks = || stage.world.checks(&stage.pr.repo, &stage.review().head_sha);
    let check = checks()[0].check.clone();
    assert_eq!(check.conclusion, Some(Conclusion::Failure));
    let title = "Review not posted. Open: 1 critical; 1 blocks merging";
    assert_eq!(check.title, title);
    let reason = "GitHub refused the review.";
    assert!(check.summary.contains(reason), "{}", check.summary);
    let place = "`src/lib.rs:2` **Critical, blocks merging**";
    assert!(check.summary.contains(place), "{}", check.summary);

    // Another request tries again.
    assert_eq!(stage.handle(&stage.completed()).await, "applied, emitted 1");
    assert_eq!(stage.world.bot_reviews(&stage.pr).len(), 1);
    stage.handle(&stage.newest_emitted()).await;
    let title = "Open: 1 critical; 1 blocks merging";
    assert_eq!(checks()[0].check.title, title);
}

#[tokio::test]
async fn finally_refused_review_is_shown_by_summary() {
    let stage = Stage::new();
    stage.world.set_bot("reviewer");
    stage.store(found()).await;
    refuse_review(&stage);
    assert_eq!(stage.handle(&stage.completed()).await, "applied, emitted 1");
    stage.handle(&stage.newest_emitted()).await;
    let comments = stage.comments();
    assert_eq!(comments.len(), 1);
    let reason = "GitHub refused the review.";
    assert!(comments[0].contains(reason), "{comments:?}");
}

#[tokio::test]
async fn reduced_form_needs_time_on_lease() {
    for own in [false, true] {
        let stage = Stage::new();
        if own {
            stage.world.set_bot("octocat");
        } else {
            stage
                .world
                .fail_next_on(Call::CreateReview, Fault::Rejected);
        }
        stage.store(found()).await;
        let completed = stage.completed();
        // The refusal takes most of the lease.
        let slow = Fault::Slow(Duration::from_secs(40));
        stage
            .world
            .fail_next_on(Call::PullRequest, Fault::Slow(Duration::ZERO));
        stage.world.fail_next_on(Call::PullRequest, slow);
        let failed = stage.handle(&completed).await;
        assert!(
            failed.contains("too little of the lease is left"),
            "{own}: {failed}"
        );
        assert_eq!(stage.world.bot_reviews(&stage.pr).len(), 0, "{own}");
        stage.end_lease();
        assert_eq!(
            stage.handle(&completed).await,
            "applied, emitted 1",
            "{own}"
        );
        assert_eq!(stage.world.bot_reviews(&stage.pr).len(), 1, "{own}");
    }
}

#[tokio::test]
async fn skips_review_for_another_base() {
    let stage = Stage::new();
    let item = ReviewItem {
        base_branch: Some("release".to_owned()),
        ..found()
    };
    stage.store(item).await;
    let retargeted = stage.handle(&stage.completed()).await;
    assert_eq!(
        retargeted,
        "ignored: reviewed for base branch release, but the base branch is main"
    );
    assert_eq!(stage.world.writes(), []);
    stage.end_lease();
    let item = ReviewItem {
        base_branch: Some("main".to_owned()),
        ..found()
    };
    stage.store(item).await;
    assert_eq!(stage.handle(&stage.completed()).await, "applied, emitted 1");
}

#[tokio::test]
async fn replaced_head_gets_no_reduced_form() {
    let stage = Stage::new();
    stage.store(found()).await;
    stage
        .world
        .fail_next_on(Call::CreateReview, Fault::Rejected);
    // The pull request is read twice: before the post, and after the refusal.
    stage
        .world
        .fail_next_on(Call::PullRequest, Fault::Slow(Duration::ZERO));
    let looks = (Call::PullRequest, 1);
    let moved = handle_while_pushed(&stage, &stage.completed(), looks).await;
    assert!(moved.starts_with("failed: GitHub's answer"), "{moved}");
    assert_eq!(stage.world.bot_reviews(&stage.pr).len(), 0);
    assert_eq!(stage.world.writes().len(), 1, "one form");
}
