//! Adoption of sample deliveries.

use fake_github::{AdoptError, NewPullRequest, World};
use github::PrKey;
use github::port::{
    GitHubError, NewReview, PublishReview, PullRequest, ReadDiff, ReadPullRequest, ReviewEvent,
};
use serde_json::{Value, json};

const DIFF: &str = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\n+y\n";

/// Returns a sample delivery from another world.
fn sample() -> Value {
    let delivery = World::seeded(1).open_pull_request(NewPullRequest {
        number: Some(42),
        author: "dependabot[bot]".into(),
        draft: true,
        labels: vec!["deps".into()],
        ..NewPullRequest::default()
    });
    delivery.json()
}

fn with(field: &str, value: Value) -> Value {
    let mut payload = sample();
    *payload.pointer_mut(field).expect(field) = value;
    payload
}

#[tokio::test]
async fn world_matches_adopted_payload() {
    let world = World::seeded(2);
    let payload = sample();
    let pr = world.adopt(&payload, Some(DIFF.into())).unwrap();
    assert_eq!(pr, "octo/widgets#42".parse::<PrKey>().unwrap());
    let sha = |field: &str| {
        payload
            .pointer(field)
            .unwrap()
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    };
    let (base, head) = (sha("/pull_request/base/sha"), sha("/pull_request/head/sha"));
    assert_eq!((world.base(&pr), world.head(&pr)), (base, head));
    let github = world.github();
    let want = PullRequest {
        head_sha: world.head(&pr),
        open: true,
        author: "dependabot[bot]".into(),
        author_association: "CONTRIBUTOR".into(),
        head_repo: Some(pr.repo.clone()),
        base_ref: "main".into(),
        base_sha: world.base(&pr),
        draft: true,
        labels: vec!["deps".into()],
    };
    assert_eq!(github.pull_request(&pr).await, Ok(want));
    let diff = github.diff(&pr, &world.base(&pr), &world.head(&pr)).await;
    assert_eq!(diff.as_deref(), Ok(DIFF));

    // A new event describes the same pull request.
    let told = world.label(&pr, "deps").json();
    for field in [
        "id",
        "number",
        "user",
        "draft",
        "labels",
        "head",
        "base",
        "title",
        "created_at",
    ] {
        let at = |payload: &Value| payload.pointer(&format!("/pull_request/{field}")).cloned();
        assert_eq!(at(&told), at(&payload), "{field}");
    }
    assert_eq!(
        told.pointer("/installation/id"),
        payload.pointer("/installation/id")
    );
}

#[tokio::test]
async fn later_payload_preserves_history() {
    let world = World::seeded(2);
    let pr = world.adopt(&sample(), Some(DIFF.into())).unwrap();
    let review = NewReview {
        commit_id: world.head(&pr),
        event: ReviewEvent::Comment,
        body: "Hm.".into(),
        comments: vec![],
    };
    let github = world.github();
    github.create_review(&pr, &review).await.unwrap();
    let pushed = with("/pull_request/head/sha", json!("b".repeat(40)));
    world.adopt(&pushed, None).unwrap();
    assert_eq!(world.head(&pr).as_str(), "b".repeat(40));
    assert_eq!(world.reviews(&pr).len(), 1);
    assert!(
        github.create_review(&pr, &review).await.is_ok(),
        "still one of its commits"
    );
    let unknown = github.diff(&pr, &world.base(&pr), &world.head(&pr)).await;
    assert!(
        matches!(unknown, Err(GitHubError::NotFound { .. })),
        "no diff was given"
    );
}

#[test]
fn invalid_payload_names_field() {
    for (why, payload, want) in [
        (
            "not a delivery",
            json!({}),
            "the payload has no /repository/full_name",
        ),
        (
            "no number",
            with("/pull_request/number", Value::Null),
            "the payload has no /pull_request/number",
        ),
        (
            "no commit id",
            with("/pull_request/head/sha", json!("main")),
            "the payload's /pull_request/head/sha is \"main\", not a commit id",
        ),
        (
            "a number as text",
            with("/pull_request/number", json!("42")),
            "the payload's /pull_request/number is \"42\", not a number from 1",
        ),
        (
            "an unknown state",
            with("/pull_request/state", json!("ajar")),
            "the payload's /pull_request/state is \"ajar\", not open or closed",
        ),
        (
            "a label without a name",
            with("/pull_request/labels", json!([{}])),
            "the payload has no /pull_request/labels/0/name",
        ),
        (
            "no time",
            with("/pull_request/updated_at", json!("yesterday")),
            "the payload's /pull_request/updated_at is \"yesterday\", not a time, RFC 3339",
        ),
    ] {
        let world = World::seeded(2);
        let error = world.adopt(&payload, None).expect_err(why);
        assert_eq!(error.to_string(), want, "{why}");
    }
    let error = World::seeded(2).adopt(&sample(), Some("no diff".into()));
    assert!(matches!(error, Err(AdoptError::Diff(_))), "{error:?}");
}

#[test]
fn deleted_fork_has_no_repository() {
    let world = World::seeded(2);
    let payload = with("/pull_request/head/repo", Value::Null);
    let pr = world.adopt(&payload, None).unwrap();
    let told = world.close(&pr).json();
    assert_eq!(told.pointer("/pull_request/head/repo"), Some(&Value::Null));
    assert_eq!(told.pointer("/pull_request/head/label"), Some(&Value::Null));
}
