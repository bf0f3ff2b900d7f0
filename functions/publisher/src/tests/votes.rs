//! Votes on older heads, once a newer head's review stands.

use super::*;
use github_world::{Call, Fault};

const DISMISSED: &str = "dismissed";

/// A pull request whose first head got `first`, and whose second is to get another.
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
    stage.keep(item).await;
    stage.published().await;
    assert_eq!(stage.world.bot_reviews(&stage.pr)[0].event, first);
    stage.world.push(&stage.pr, DIFF);
    stage.keep(clean()).await;
    stage
}

fn votes(stage: &Stage) -> Vec<String> {
    let reviews = stage.world.bot_reviews(&stage.pr).into_iter();
    let vote = |review: github_world::PostedReview| match review.dismissed {
        Some(_) => DISMISSED.to_owned(),
        None => format!("{:?}", review.event),
    };
    reviews.map(vote).collect()
}

#[tokio::test]
async fn an_older_heads_vote_is_taken_back() {
    for first in [ReviewEvent::RequestChanges, ReviewEvent::Approve] {
        let stage = two_heads(first).await;
        let completed = stage.completed();
        stage.hear(&completed).await;
        let before = [format!("{first:?}"), "Comment".to_owned()];
        assert_eq!(votes(&stage), before, "not before the newer one stands");
        let published = stage.heard();
        stage.hear(&published).await;
        assert_eq!(votes(&stage), [DISMISSED, "Comment"], "{first:?}");
        let writes = stage.world.writes().len();
        stage.hear(&published).await;
        assert_eq!(stage.world.writes().len(), writes, "{first:?}: once");
    }
    let stage = two_heads(ReviewEvent::Comment).await;
    stage.published().await;
    assert_eq!(votes(&stage), ["Comment", "Comment"], "it is no vote");
}

#[tokio::test]
async fn other_votes_stay() {
    let stage = Stage::new();
    let mut item = clean();
    let verdict = item.verdict.as_mut().unwrap();
    verdict.event = ReviewEvent::RequestChanges;
    verdict.findings = vec![finding(Severity::Critical)];
    stage.keep(item).await;
    let published = stage.published().await;
    stage.hear(&published).await;
    assert_eq!(votes(&stage), ["RequestChanges"], "the newest head's own");

    let stage = two_heads(ReviewEvent::Approve).await;
    stage.hear(&stage.completed()).await;
    let published = stage.heard();
    // GitHub knows of a newer head still: whose votes count is not known here.
    stage.world.push(&stage.pr, DIFF);
    stage.hear(&published).await;
    assert_eq!(votes(&stage), ["Approve", "Comment"]);
}

#[tokio::test]
async fn a_vote_that_github_keeps_is_no_failure() {
    let stage = two_heads(ReviewEvent::Approve).await;
    stage.hear(&stage.completed()).await;
    stage
        .world
        .fail_next_on(Call::DismissReview, Fault::Rejected);
    assert_eq!(stage.hear(&stage.heard()).await, "applied, said 0");
    assert_eq!(votes(&stage), ["Approve", "Comment"]);
    assert_eq!(stage.comments().len(), 1, "the rest is told all the same");
}

#[tokio::test]
async fn an_answer_that_is_lost_is_asked_for_again() {
    for fault in [Fault::Unavailable, Fault::LostReply] {
        let stage = two_heads(ReviewEvent::Approve).await;
        stage.hear(&stage.completed()).await;
        let published = stage.heard();
        stage.world.fail_next_on(Call::DismissReview, fault);
        let failed = stage.hear(&published).await;
        assert!(failed.starts_with("failed: "), "{fault:?}: {failed}");
        assert_eq!(stage.hear(&published).await, "repeated, said 0 again");
        assert_eq!(votes(&stage), [DISMISSED, "Comment"], "{fault:?}");
    }
}
