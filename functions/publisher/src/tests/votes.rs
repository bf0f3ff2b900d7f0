//! Votes on older heads, after the review of a newer head is published.

use super::*;
use fake_github::{Call, Fault};

const DISMISSED: &str = "dismissed";

/// Returns a pull request with two heads. The first has a review with vote `first`.
async fn two_heads(first: ReviewEvent) -> Stage {
    let stage = Stage::new();
    let mut item = clean();
    let verdict = item.verdict.as_mut().unwrap();
    match first {
        ReviewEvent::RequestChanges => {
            verdict.event = ReviewEvent::RequestChanges;
            verdict.findings = vec![finding(Severity::Critical)];
        }
        ReviewEvent::Approve => {
            item.reports = approvals::read().reports;
            item.policy = approvals::policy("require_checks = false");
        }
        ReviewEvent::Comment => {}
    }
    stage.store(item).await;
    stage.published().await;
    assert_eq!(stage.world.bot_reviews(&stage.pr)[0].event, first);
    stage.world.push(&stage.pr, DIFF);
    stage.store(clean()).await;
    stage
}

fn votes(stage: &Stage) -> Vec<String> {
    let reviews = stage.world.bot_reviews(&stage.pr).into_iter();
    let vote = |review: fake_github::PostedReview| match review.dismissed {
        Some(_) => DISMISSED.to_owned(),
        None => format!("{:?}", review.event),
    };
    reviews.map(vote).collect()
}

#[tokio::test]
async fn older_vote_is_dismissed() {
    for first in [ReviewEvent::RequestChanges, ReviewEvent::Approve] {
        let stage = two_heads(first).await;
        let completed = stage.completed();
        stage.handle(&completed).await;
        let before = [format!("{first:?}"), "Comment".to_owned()];
        assert_eq!(
            votes(&stage),
            before,
            "not before the newer one is published"
        );
        let published = stage.newest_emitted();
        stage.handle(&published).await;
        assert_eq!(votes(&stage), [DISMISSED, "Comment"], "{first:?}");
        let writes = stage.world.writes().len();
        stage.handle(&published).await;
        assert_eq!(stage.world.writes().len(), writes, "{first:?}: once");
    }
    let stage = two_heads(ReviewEvent::Comment).await;
    stage.published().await;
    assert_eq!(votes(&stage), ["Comment", "Comment"], "it is no vote");
}

#[tokio::test]
async fn other_votes_remain() {
    let stage = Stage::new();
    let mut item = clean();
    let verdict = item.verdict.as_mut().unwrap();
    verdict.event = ReviewEvent::RequestChanges;
    verdict.findings = vec![finding(Severity::Critical)];
    stage.store(item).await;
    let published = stage.published().await;
    stage.handle(&published).await;
    assert_eq!(votes(&stage), ["RequestChanges"], "the newest head's own");

    let stage = two_heads(ReviewEvent::Approve).await;
    stage.handle(&stage.completed()).await;
    let published = stage.newest_emitted();
    // GitHub has a newer head, whose votes are not in the state.
    stage.world.push(&stage.pr, DIFF);
    stage.handle(&published).await;
    assert_eq!(votes(&stage), ["Approve", "Comment"]);
}

#[tokio::test]
async fn refused_dismissal_is_no_failure() {
    let stage = two_heads(ReviewEvent::Approve).await;
    stage.handle(&stage.completed()).await;
    stage
        .world
        .fail_next_on(Call::DismissReview, Fault::Rejected);
    assert_eq!(
        stage.handle(&stage.newest_emitted()).await,
        "applied, emitted 0"
    );
    assert_eq!(votes(&stage), ["Approve", "Comment"]);
    assert_eq!(stage.comments(), [""; 0], "a review needs no summary");
}

#[tokio::test]
async fn lost_answer_retries_dismissal() {
    for fault in [Fault::Unavailable, Fault::LostReply] {
        let stage = two_heads(ReviewEvent::Approve).await;
        stage.handle(&stage.completed()).await;
        let published = stage.newest_emitted();
        stage.world.fail_next_on(Call::DismissReview, fault);
        let failed = stage.handle(&published).await;
        assert!(failed.starts_with("failed: "), "{fault:?}: {failed}");
        assert_eq!(stage.handle(&published).await, "applied, emitted 0");
        assert_eq!(votes(&stage), [DISMISSED, "Comment"], "{fault:?}");
    }
}

/// Returns a review that requests changes.
fn objecting() -> ReviewItem {
    let mut item = clean();
    let verdict = item.verdict.as_mut().unwrap();
    verdict.event = ReviewEvent::RequestChanges;
    verdict.findings = vec![finding(Severity::Critical)];
    item
}

#[tokio::test]
async fn earlier_head_returns_with_active_vote() {
    let stage = two_heads(ReviewEvent::RequestChanges).await;
    let first = stage.world.bot_reviews(&stage.pr)[0].commit_id.clone();
    stage.published().await;
    assert_eq!(votes(&stage), [DISMISSED, "Comment"]);
    stage.world.push_back_to(&stage.pr, &first);
    stage.store(objecting()).await;
    stage.published().await;
    assert_eq!(votes(&stage), [DISMISSED, "Comment", "RequestChanges"]);
    let writes = stage.world.writes().len();
    stage.handle(&stage.completed()).await;
    stage.handle(&stage.newest_emitted()).await;
    assert_eq!(stage.world.writes().len(), writes, "a redelivery");
}

#[tokio::test]
async fn new_verdict_replaces_vote_of_head() {
    let stage = Stage::new();
    stage.store(objecting()).await;
    stage.published().await;
    stage.store(clean()).await;
    stage.published().await;
    assert_eq!(votes(&stage), [DISMISSED, "Comment"]);
    stage.store(objecting()).await;
    stage.published().await;
    assert_eq!(votes(&stage), [DISMISSED, "Comment", "RequestChanges"]);
}

#[tokio::test]
async fn lost_answer_posts_no_second_review() {
    let stage = Stage::new();
    stage.store(clean()).await;
    stage.published().await;
    stage.store(objecting()).await;
    stage
        .world
        .fail_next_on(Call::CreateReview, Fault::LostReply);
    let failed = stage.handle(&stage.completed()).await;
    assert!(failed.starts_with("failed: "), "{failed}");
    stage.clock.advance(Duration::from_secs(60));
    stage.published().await;
    assert_eq!(votes(&stage), ["Comment", "RequestChanges"]);
}

#[tokio::test]
async fn ignores_verdict_that_is_replaced() {
    let stage = Stage::new();
    let mut item = objecting();
    item.verdict = None;
    stage.store(item).await;
    let ended = stage.handle(&stage.completed()).await;
    assert_eq!(ended, "ignored: the review began again");
    assert_eq!(votes(&stage), [""; 0]);
}

#[tokio::test]
async fn vote_in_flight_is_not_dismissed() {
    let stage = Stage::new();
    let mut item = clean();
    item.verdict.as_mut().unwrap().missing = vec![Category::Security];
    stage.store(item).await;
    let published = stage.published().await;
    let block = stage.block(vec![finding(Severity::Critical)]).await;
    stage
        .world
        .fail_next_on(Call::CreateReview, Fault::LostReply);
    let failed = stage.handle(&block).await;
    assert!(failed.starts_with("failed: "), "{failed}");
    stage.handle(&published).await;
    let both = ["Comment", "RequestChanges"];
    assert_eq!(votes(&stage), both, "posted, its answer lost");
    stage.clock.advance(Duration::from_secs(60));
    assert_eq!(stage.handle(&block).await, "applied, emitted 1");
    stage.handle(&stage.newest_emitted()).await;
    assert_eq!(votes(&stage), both, "found again");
}

#[tokio::test]
async fn next_attempt_withdraws_remaining_votes() {
    let stage = Stage::new();
    for _ in 0..12 {
        stage.store(objecting()).await;
        stage.handle(&stage.completed()).await;
        stage.world.push(&stage.pr, DIFF);
    }
    stage.store(clean()).await;
    stage.handle(&stage.completed()).await;
    let published = stage.newest_emitted();
    let first = stage.handle(&published).await;
    assert!(first.contains("the next attempt continues"), "{first}");
    assert_eq!(stage.handle(&published).await, "applied, emitted 0");
    let active = votes(&stage).iter().filter(|it| *it != DISMISSED).count();
    assert_eq!(active, 1);
}

#[tokio::test]
async fn continued_review_is_marked_after_retarget() {
    let stage = Stage::new();
    let mut heads = Vec::new();
    for _ in 0..3 {
        let mut item = clean();
        item.base_branch = Some("main".to_owned());
        item.verdict.as_mut().unwrap().since = heads.last().cloned();
        stage.store(item).await;
        stage.published().await;
        heads.push(stage.review().head_sha);
        stage.world.push(&stage.pr, DIFF);
    }
    let outdated = || {
        let reviews = stage.world.bot_reviews(&stage.pr).into_iter();
        let is_outdated = |body: &str| body.starts_with("> **Outdated**");
        reviews
            .map(|review| is_outdated(&review.body))
            .collect::<Vec<_>>()
    };
    assert_eq!(outdated(), [false; 3], "their findings are continued");
    stage.world.retarget(&stage.pr, "release", DIFF);
    let item = ReviewItem {
        base_branch: Some("release".to_owned()),
        ..clean()
    };
    let pull = stage.pull();
    stage.store(item).await;
    let base = github::Base {
        branch: "release".to_owned(),
        ..pull.base.clone()
    };
    let pull = PullRequestItem { base, ..pull };
    stage.write(&PullRequestItem::key(&stage.pr), pull).await;
    stage.published().await;
    assert_eq!(outdated(), [true, true, true, false]);
}
