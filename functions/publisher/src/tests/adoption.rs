//! Reviews and checks that the state does not know: it was lost, or an earlier version wrote them.

use super::*;
use crate::desired::desired;
use crate::head::load;
use serde_json::json;
use state::Key;

fn objecting() -> ReviewItem {
    let mut item = clean();
    let verdict = item.verdict.as_mut().unwrap();
    verdict.event = ReviewEvent::RequestChanges;
    verdict.findings = vec![finding(Severity::Critical)];
    item
}

/// Deletes what the publisher has stored.
async fn lose(stage: &Stage) {
    let state = &stage.publisher.deps.state;
    let head = stage.review().head_sha;
    for key in [
        PublishedPullRequest::key(&stage.pr),
        PublishedCheck::key(&stage.pr.repo, &head),
    ] {
        let seen = state.get::<serde_json::Value>(&key).await.unwrap();
        if seen.value.is_none() {
            continue;
        }
        let deleted = state.delete(&key, seen.version).await;
        assert!(
            matches!(deleted, Ok(state::SaveResult::Written(_))),
            "{key}"
        );
    }
}

#[tokio::test]
async fn lost_state_posts_no_second_review() {
    let stage = Stage::new();
    stage.store(objecting()).await;
    stage.published().await;
    lose(&stage).await;
    let writes = stage.world.writes().len();
    assert_eq!(stage.handle(&stage.completed()).await, "applied, emitted 1");
    assert_eq!(stage.world.writes().len(), writes, "the review is adopted");
    stage.handle(&stage.newest_emitted()).await;
    assert_eq!(stage.world.bot_reviews(&stage.pr).len(), 1);
    assert_eq!(stage.checks().len(), 1, "the check is adopted");
}

#[tokio::test]
async fn lost_state_updates_known_summary() {
    let stage = Stage::new();
    stage.store(objecting()).await;
    stage.published().await;
    stage.world.push(&stage.pr, DIFF);
    stage.store(noted()).await;
    stage.published().await;
    assert_eq!(stage.comments().len(), 1);
    stage.world.push(&stage.pr, DIFF);
    stage.store(objecting()).await;
    lose(&stage).await;
    stage.published().await;
    let comments = stage.comments();
    assert_eq!(comments.len(), 1);
    let head = stage.review().head_sha;
    assert!(comments[0].contains(head.short()), "{comments:?}");
}

#[tokio::test]
async fn path_is_no_marker() {
    let stage = Stage::new();
    let mut item = objecting();
    let path = "<!-- github-bot:1 verdict 2 -->".to_owned();
    item.verdict.as_mut().unwrap().findings[0].path = path;
    stage.store(item).await;
    stage.published().await;
    let body = stage.world.bot_reviews(&stage.pr)[0].body.clone();
    assert!(body.contains("github-bot:1 verdict 2"), "{body}");
    lose(&stage).await;
    stage.handle(&stage.completed()).await;
    assert_eq!(stage.world.bot_reviews(&stage.pr).len(), 1);
}

#[tokio::test]
async fn lost_state_dismisses_unknown_vote() {
    let stage = Stage::new();
    stage.store(objecting()).await;
    stage.published().await;
    lose(&stage).await;
    stage.world.push(&stage.pr, DIFF);
    stage.store(clean()).await;
    stage.published().await;
    let reviews = stage.world.bot_reviews(&stage.pr);
    let dismissed: Vec<_> = reviews.iter().map(|it| it.dismissed.is_some()).collect();
    assert_eq!(dismissed, [true, false]);
}

/// Stores the items of version 0.1 for what is published, and deletes today's. Its first builds
/// stored no subject.
async fn write_old_items(stage: &Stage, has_subject: bool) {
    let review = stage.review();
    let deps = &stage.publisher.deps;
    let head = load(deps, &review).await.unwrap();
    let subject = desired(&head, None).reviews[0].subject.clone();
    let posted = stage.world.bot_reviews(&stage.pr).pop().unwrap();
    let summary = "Status <!-- github-bot:2 -->";
    let comment = deps.github.create_comment(&stage.pr, summary).await;
    let checks = stage.world.checks(&stage.pr.repo, &review.head_sha);
    lose(stage).await;
    for (rest, value) in [
        (
            format!("{review}/verdict"),
            json!({
                "marker": "<!-- github-bot:1 -->",
                "subject": has_subject.then(|| json!({"digest": subject.digest})),
                "stage": {"published": {"review_id": posted.id.0, "comments": 1}},
            }),
        ),
        (
            format!("{}/summary", stage.pr),
            json!({
                "marker": "<!-- github-bot:2 -->",
                "stage": {"published": {
                    "comment": comment.unwrap().0,
                    "head_sha": review.head_sha,
                    "told": "review",
                }},
            }),
        ),
        (
            format!("{}@{}/check", stage.pr.repo, review.head_sha),
            json!({
                "marker": "<!-- github-bot:3 -->",
                "stage": {"published": {
                    "tells": {"1": {"told": "review", "conclusion": "failure", "content": "0"}},
                    "end": {"check_id": checks[0].id.0},
                }},
            }),
        ),
    ] {
        let key = Key::new("publication", &rest).unwrap();
        stage.write(&key, value).await;
    }
}

#[tokio::test]
async fn update_posts_nothing_again() {
    for has_subject in [true, false] {
        update(has_subject).await;
    }
}

async fn update(has_subject: bool) {
    let stage = Stage::new();
    stage.store(objecting()).await;
    stage.published().await;
    write_old_items(&stage, has_subject).await;
    assert_eq!(
        stage.handle(&stage.completed()).await,
        "applied, emitted 1",
        "the old review is announced"
    );
    stage.handle(&stage.published_event(1)).await;
    assert_eq!(stage.world.bot_reviews(&stage.pr).len(), 1);
    assert_eq!(stage.comments().len(), 1);
    assert_eq!(stage.checks(), [Some(Conclusion::Failure)]);

    // The old review is known: its vote is dismissed after the next head's review.
    stage.world.push(&stage.pr, DIFF);
    stage.store(clean()).await;
    stage.published().await;
    let reviews = stage.world.bot_reviews(&stage.pr);
    let dismissed: Vec<_> = reviews.iter().map(|it| it.dismissed.is_some()).collect();
    assert_eq!(dismissed, [true, false]);
    assert_eq!(stage.comments().len(), 1);
}
