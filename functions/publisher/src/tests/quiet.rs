//! The settings under `[show]`: what a pull request shows, and how often it notifies.

use super::*;
use fake_github::{Call, Fault};
use policy::{Layer, Policy, Source};

fn app() -> Stage {
    Stage::new()
}

/// Returns a stage whose bot is a user account, which cannot set checks.
fn token() -> Stage {
    let stage = Stage::new();
    stage.world.set_bot("reviewer");
    stage
}

fn policy(text: &str) -> Policy {
    Policy::default().over(Layer::parse(text, Source::Repository).unwrap())
}

fn with(change: impl FnOnce(&mut Verdict)) -> ReviewItem {
    let mut item = quiet();
    change(item.verdict.as_mut().unwrap());
    item
}

/// Reviews the newest head with all events that follow.
async fn review(stage: &Stage, item: ReviewItem) {
    stage.store(item).await;
    stage.handle(&stage.completed()).await;
    let heard = stage.emitted.0.lock().unwrap().last().cloned();
    if let Some(published) = heard {
        stage.handle(&published).await;
    }
}

/// Pushes a head and reviews it.
async fn push(stage: &Stage, item: ReviewItem) {
    stage.world.push(&stage.pr, DIFF);
    review(stage, item).await;
}

/// Returns the number of reviews and of comments: each has notified once.
fn notifications(stage: &Stage) -> (usize, usize) {
    let reviews = stage.world.bot_reviews(&stage.pr).len();
    (reviews, stage.comments().len())
}

#[tokio::test]
async fn clean_change_has_check_alone() {
    let stage = app();
    review(&stage, quiet()).await;
    assert_eq!(notifications(&stage), (0, 0));
    assert_eq!(stage.checks(), [Some(Conclusion::Success)]);
    assert_eq!(stage.topics(), ["agent.pr.review_published"]);
    assert_eq!(stage.newest_emitted().data.get("review_id"), None);
    let writes = stage.world.writes().len();
    review(&stage, quiet()).await;
    assert_eq!(stage.world.writes().len(), writes, "heard again");
    push(&stage, quiet()).await;
    assert_eq!(notifications(&stage), (0, 0), "a later head");
    let checks = stage.world.checks(&stage.pr.repo, &stage.review().head_sha);
    insta::assert_snapshot!(checks[0].check.summary.trim(), @"
    No findings. Quality: **10** of 10.
    - Checked for security, style, logic: 1 file read by rules, without a model
    ");
}

#[tokio::test]
async fn clean_change_has_short_review_without_checks() {
    let stage = token();
    review(&stage, quiet()).await;
    assert_eq!(notifications(&stage), (1, 0));
    let body = stage.world.bot_reviews(&stage.pr)[0].body.clone();
    assert!(body.lines().count() <= 7, "{body}");
    review(&stage, quiet()).await;
    assert_eq!(notifications(&stage), (1, 0), "heard again");

    // Later heads are shown by one comment.
    for push_number in 1..=3 {
        push(&stage, quiet()).await;
        assert_eq!(notifications(&stage), (1, 1), "push {push_number}");
        let head = stage.review().head_sha;
        assert!(stage.comments()[0].contains(head.short()));
    }
    let body = stage.world.bot_reviews(&stage.pr)[0].body.clone();
    assert!(body.starts_with("> **Outdated**"), "{body}");
}

#[tokio::test]
async fn push_notifies_at_most_once() {
    for stage in [app(), token()] {
        let since = stage.review().head_sha;
        review(
            &stage,
            with(|it| it.findings = vec![finding(Severity::Low)]),
        )
        .await;
        assert_eq!(notifications(&stage), (1, 0), "the first review");

        let still_open = |since: &github::HeadSha| {
            with(|it| {
                it.still_open = vec![finding(Severity::Low)];
                it.since = Some(since.clone());
            })
        };
        push(&stage, still_open(&since)).await;
        assert_eq!(notifications(&stage), (1, 1), "nothing is new");
        assert!(stage.comments()[0].contains("1 finding open"));
        let since = stage.review().head_sha;
        push(&stage, still_open(&since)).await;
        assert_eq!(notifications(&stage), (1, 1), "an update");
        let first = || stage.world.bot_reviews(&stage.pr)[0].body.clone();
        assert!(!first().contains("Outdated"), "its finding is open");

        let since = stage.review().head_sha;
        let new = with(|it| {
            it.findings = vec![finding(Severity::Medium)];
            it.still_open = vec![finding(Severity::Low)];
            it.since = Some(since);
        });
        push(&stage, new).await;
        assert_eq!(notifications(&stage), (2, 1), "a new finding");
        let comments = stage.comments();
        assert!(
            comments[0].contains("Open: 1 medium, 1 low"),
            "{comments:?}"
        );
        assert!(!comments[0].contains("src/lib.rs"), "the review lists it");

        let since = stage.review().head_sha;
        let resolved = with(|it| {
            it.resolved = vec![finding(Severity::Low), finding(Severity::Medium)];
            it.since = Some(since);
        });
        push(&stage, resolved).await;
        assert_eq!(notifications(&stage), (2, 1), "all are resolved");
        let last = stage.world.bot_reviews(&stage.pr)[1].body.clone();
        assert!(last.starts_with("> **Outdated**"), "{last}");
    }
}

#[tokio::test]
async fn settings_select_what_is_shown() {
    let clean: fn(&mut Verdict) = |_| {};
    let found: fn(&mut Verdict) = |it| {
        it.findings = vec![finding(Severity::Critical)];
        it.event = ReviewEvent::RequestChanges;
    };
    let (none, green, red) = (
        vec![],
        vec![Some(Conclusion::Success)],
        vec![Some(Conclusion::Failure)],
    );
    for (show, of, reviews, comments, checks) in [
        ("", clean, 0, 0, &green),
        ("", found, 1, 0, &red),
        ("review = \"always\"", clean, 1, 0, &green),
        ("review = \"never\"", clean, 0, 0, &green),
        ("review = \"never\"", found, 0, 1, &red),
        ("summary = \"always\"", clean, 0, 1, &green),
        ("summary = \"always\"", found, 1, 0, &red),
        ("review = \"never\"\nsummary = \"never\"", found, 0, 0, &red),
        ("check = \"findings\"", clean, 0, 0, &none),
        ("check = \"findings\"", found, 1, 0, &red),
        ("check = \"never\"", clean, 0, 0, &none),
        ("check = \"never\"", found, 1, 0, &none),
    ] {
        let stage = app();
        let policy = policy(&format!("[show]\n{show}"));
        stage
            .store(ReviewItem {
                policy: policy.clone(),
                ..under_way()
            })
            .await;
        stage.handle(&stage.begun()).await;
        review(&stage, ReviewItem { policy, ..with(of) }).await;
        assert_eq!(notifications(&stage), (reviews, comments), "{show}");
        assert_eq!(stage.checks(), *checks, "{show}");
    }
}

#[tokio::test]
async fn approval_is_only_review_of_clean_change() {
    let stage = app();
    let item = ReviewItem {
        policy: policy("[auto_approve]\nenabled = true\nrequire_checks = false"),
        ..approvals::read()
    };
    review(&stage, item).await;
    assert_eq!(notifications(&stage), (1, 0));
    let events: Vec<_> = stage.world.bot_reviews(&stage.pr);
    let events: Vec<_> = events.iter().map(|it| it.event).collect();
    assert_eq!(events, [ReviewEvent::Approve]);
}

#[tokio::test]
async fn failed_approval_is_repeated() {
    let stage = app();
    let item = ReviewItem {
        policy: policy("[auto_approve]\nenabled = true\nrequire_checks = false"),
        ..approvals::read()
    };
    stage.store(item).await;
    let completed = stage.completed();
    stage
        .world
        .fail_next_on(Call::CreateReview, Fault::Unavailable);
    let failed = stage.handle(&completed).await;
    assert!(failed.starts_with("failed: "), "{failed}");
    stage.clock.advance(Duration::from_secs(120));
    stage.handle(&completed).await;
    assert_eq!(notifications(&stage), (1, 0));
}

#[tokio::test]
async fn skipped_head_concludes_by_settings() {
    for (on_skip, reason, conclusion) in [
        ("neutral", SkipReason::Draft, Conclusion::Neutral),
        ("success", SkipReason::Draft, Conclusion::Success),
        ("failure", SkipReason::Draft, Conclusion::Failure),
        ("success", SkipReason::InvalidPolicy, Conclusion::Neutral),
        ("success", SkipReason::Unreadable, Conclusion::Neutral),
        ("failure", SkipReason::Unreadable, Conclusion::Failure),
    ] {
        let stage = app();
        let item = ReviewItem {
            policy: policy(&format!("[checks]\non_skip = \"{on_skip}\"")),
            ..skipped_item(reason, "It is so.")
        };
        stage.store(item).await;
        stage.handle(&stage.skipped(reason)).await;
        assert_eq!(stage.checks(), [Some(conclusion)], "{on_skip} {reason:?}");
    }
}
