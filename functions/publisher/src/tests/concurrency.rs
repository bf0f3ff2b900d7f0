//! Events that arrive while another attempt holds the lease.

use super::*;
use fake_github::{Call, Fault};

/// Handles `other` while `event` waits for GitHub's answer to `call`.
async fn handle_meanwhile(stage: &Stage, event: &Event, call: Call, other: &Event) -> [String; 2] {
    let second = Duration::from_secs(1);
    stage.world.fail_next_on(call, Fault::Slow(second));
    let then = stage.clock.now() + second;
    let other = async {
        while stage.clock.now() < then {
            tokio::task::yield_now().await;
        }
        stage.handle(other).await
    };
    tokio::join!(biased; stage.handle(event), other).into()
}

fn objecting() -> ReviewItem {
    let mut item = clean();
    let verdict = item.verdict.as_mut().unwrap();
    verdict.event = ReviewEvent::RequestChanges;
    verdict.findings = vec![finding(Severity::Critical)];
    item
}

const POSTPONED: &str = "ignored: the attempt that holds the lease continues";

#[tokio::test]
async fn holder_handles_postponed_event() {
    let stage = Stage::new();
    stage.store(clean()).await;
    let first = stage.completed();
    let second = stage.completed();
    let [first, second] = handle_meanwhile(&stage, &first, Call::CreateReview, &second).await;
    assert_eq!(second, POSTPONED);
    assert_eq!(first, "applied, emitted 1");
    assert_eq!(stage.world.bot_reviews(&stage.pr).len(), 1);
}

#[tokio::test]
async fn holder_sees_verdict_of_postponed_event() {
    let stage = Stage::new();
    stage.store(clean()).await;
    let first = stage.completed();
    let second = Duration::from_secs(1);
    stage
        .world
        .fail_next_on(Call::CreateReview, Fault::Slow(second));
    let then = stage.clock.now() + second;
    let other = async {
        while stage.clock.now() < then {
            tokio::task::yield_now().await;
        }
        stage.store(objecting()).await;
        stage.handle(&stage.completed()).await
    };
    let (first, other) = tokio::join!(biased; stage.handle(&first), other);
    assert_eq!(
        (first.as_str(), other.as_str()),
        ("applied, emitted 1", POSTPONED)
    );
    let events: Vec<_> = stage.world.bot_reviews(&stage.pr);
    let events: Vec<_> = events.iter().map(|review| review.event).collect();
    assert_eq!(events, [ReviewEvent::Comment, ReviewEvent::RequestChanges]);
}

#[tokio::test]
async fn next_attempt_handles_postponed_event() {
    let stage = Stage::new();
    stage.store(clean()).await;
    let first = stage.completed();
    // The first attempt fails after the second event was postponed.
    stage
        .world
        .fail_next_on(Call::CreateReview, Fault::Unavailable);
    let second = stage.published_event(1);
    let [failed, second] = handle_meanwhile(&stage, &first, Call::ListReviews, &second).await;
    assert!(failed.starts_with("failed: "), "{failed}");
    assert_eq!(second, "applied, emitted 0", "the check is set");
    assert_eq!(stage.comments(), [""; 0]);
    stage.end_lease();
    // Even an event of a head that is no longer wanted continues.
    let stale = stage.event(NewEvent::new(&ReviewCompleted {
        review: ReviewKey {
            head_sha: "d".repeat(40).parse().unwrap(),
            ..stage.review()
        },
        findings: 0,
        missing: vec![],
    }));
    assert_eq!(stage.handle(&stale).await, "applied, emitted 1");
    assert_eq!(stage.world.bot_reviews(&stage.pr).len(), 1);
}

#[tokio::test]
async fn same_event_waits_for_its_earlier_delivery() {
    let stage = Stage::new();
    stage.store(clean()).await;
    let event = stage.completed();
    let [first, second] = handle_meanwhile(&stage, &event, Call::CreateReview, &event).await;
    assert_eq!(first, "applied, emitted 1");
    assert!(
        second.contains("an earlier delivery of this event holds the lease"),
        "{second}"
    );
    assert_eq!(stage.handle(&event).await, "repeated, emitted 1 again");
}

#[tokio::test]
async fn redelivered_event_announces_new_review() {
    let stage = Stage::new();
    stage.store(clean()).await;
    let event = stage.completed();
    stage.handle(&event).await;
    let first = stage.newest_emitted();
    stage.store(objecting()).await;
    assert_eq!(stage.handle(&event).await, "applied, emitted 1");
    let second = stage.newest_emitted();
    assert_eq!(second.causationid, Some(event.id));
    assert_ne!(second.data["review_id"], first.data["review_id"]);
    assert_ne!(second.id, first.id);
}

#[tokio::test]
async fn refused_summary_does_not_hide_review() {
    let stage = Stage::new();
    stage.store(noted()).await;
    stage.published().await;
    stage.world.push(&stage.pr, DIFF);
    stage.store(clean()).await;
    let (first, second) = (stage.completed(), stage.completed());
    stage
        .world
        .fail_next_on(Call::UpdateComment, Fault::Rejected);
    let [first, _] = handle_meanwhile(&stage, &first, Call::CreateReview, &second).await;
    assert!(first.starts_with("failed: "), "{first}");
    assert_eq!(stage.topics(), ["agent.pr.review_published"; 2]);
}
