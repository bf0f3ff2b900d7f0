//! Answers of GitHub that are older than the state, and calls that end after a timeout.

use super::*;
use fake_github::{Call, Fault};

const MINUTE: Duration = Duration::from_secs(60);

/// Returns a pull request with a head that is one minute older than the newest one.
async fn pushed() -> Stage {
    let stage = Stage::new();
    stage.clock.advance(MINUTE);
    stage.world.push(&stage.pr, DIFF);
    stage.clock.advance(Duration::from_secs(10));
    stage.store(clean()).await;
    stage
}

#[tokio::test]
async fn review_waits_for_outdated_replica() {
    let stage = pushed().await;
    let completed = stage.completed();
    let behind = Fault::Outdated(Duration::from_secs(30));
    stage.world.fail_next_on(Call::PullRequest, behind);
    let failed = stage.publisher.handle(&completed).await.unwrap_err();
    assert!(failed.is_retryable(), "{failed}");
    assert_eq!(stage.handle(&completed).await, "applied, emitted 1");

    stage.clock.advance(MINUTE);
    stage.world.push(&stage.pr, DIFF);
    stage.clock.advance(Duration::from_secs(10));
    stage.store(noted()).await;
    stage.handle(&stage.completed()).await;
    let published = stage.newest_emitted();
    stage.world.fail_next_on(Call::PullRequest, behind);
    let failed = stage.handle(&published).await;
    assert!(failed.starts_with("failed: GitHub's answer"), "{failed}");
    assert_eq!(stage.handle(&published).await, "applied, emitted 0");
    assert_eq!(stage.comments().len(), 1);
}

#[tokio::test]
async fn old_event_ignores_other_head() {
    let stage = pushed().await;
    let completed = stage.completed();
    stage.clock.advance(5 * MINUTE);
    let behind = Fault::Outdated(6 * MINUTE);
    stage.world.fail_next_on(Call::PullRequest, behind);
    let ignored = stage.handle(&completed).await;
    assert!(ignored.starts_with("ignored: superseded by"), "{ignored}");
}

/// Fails `create` after it took effect, and hides the result from the next search with `list`.
/// Returns the outcomes of both attempts, and of a third one after a minute.
async fn delayed(stage: &Stage, event: &Event, create: Call, list: Call) -> [String; 3] {
    stage.world.fail_next_on(create, Fault::LostReply);
    let first = stage.handle(event).await;
    stage.clock.advance(Duration::from_secs(10));
    stage.world.fail_next_on(list, Fault::Outdated(MINUTE));
    let second = stage.handle(event).await;
    stage.clock.advance(MINUTE);
    [first, second, stage.handle(event).await]
}

#[tokio::test]
async fn late_effect_creates_no_second_object() {
    let stage = Stage::new();
    stage.store(clean()).await;
    let is_unknown = |outcome: &str| outcome.contains("the result of an earlier attempt");

    let begun = stage.begun();
    stage.store(under_way()).await;
    let (create, list) = (Call::CreateCheck, Call::ListChecks);
    // The first search is for a lost state.
    stage.world.fail_next_on(list, Fault::Slow(Duration::ZERO));
    let [first, second, third] = delayed(&stage, &begun, create, list).await;
    assert!(first.starts_with("failed: "), "{first}");
    assert!(is_unknown(&second), "{second}");
    assert_eq!(third, "applied, emitted 0");
    assert_eq!(stage.checks(), [None]);

    stage.store(clean()).await;
    let completed = stage.completed();
    stage
        .world
        .fail_next_on(Call::ListReviews, Fault::Slow(Duration::ZERO));
    let (create, list) = (Call::CreateReview, Call::ListReviews);
    let [first, second, third] = delayed(&stage, &completed, create, list).await;
    assert!(first.starts_with("failed: "), "{first}");
    assert!(is_unknown(&second), "{second}");
    assert_eq!(third, "applied, emitted 1");
    assert_eq!(stage.world.bot_reviews(&stage.pr).len(), 1);

    stage.world.push(&stage.pr, DIFF);
    stage.store(noted()).await;
    stage.handle(&stage.completed()).await;
    let published = stage.newest_emitted();
    stage
        .world
        .fail_next_on(Call::ListComments, Fault::Slow(Duration::ZERO));
    let (create, list) = (Call::CreateComment, Call::ListComments);
    let [first, second, third] = delayed(&stage, &published, create, list).await;
    assert!(first.starts_with("failed: "), "{first}");
    assert!(is_unknown(&second), "{second}");
    assert_eq!(third, "applied, emitted 0");
    assert_eq!(stage.comments().len(), 1);
    assert_eq!(stage.checks(), [Some(Conclusion::Success)]);
}
