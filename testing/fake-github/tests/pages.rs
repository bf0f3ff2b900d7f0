//! Pages for people: escaped texts, headers, and the API beside them.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use fake_github::{NewPullRequest, World, site};
use github::PrKey;
use github::port::{
    Conclusion, NewCheck, NewReview, PublishReview, ReviewComment, ReviewEvent, Side,
};
use tower::ServiceExt;

const DIFF: &str =
    "diff --git a/a.rs b/a.rs\n--- a/a.rs\n+++ b/a.rs\n@@ -1 +1 @@\n-<old>\n+<new>\n";

/// Returns the status, the policy header and the body of a page.
async fn page(world: &World, path: &str) -> (StatusCode, String, String) {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    let answer = site(world.clone()).oneshot(request).await;
    let (parts, body) = answer.expect("an answer").into_parts();
    let policy = parts.headers.get("content-security-policy");
    let policy = policy.map(|value| value.to_str().expect("a text").to_owned());
    let body = to_bytes(body, 1 << 20).await.expect("its body");
    let body = String::from_utf8(body.to_vec()).expect("UTF-8");
    (parts.status, policy.unwrap_or_default(), body)
}

/// Opens a pull request whose texts are all HTML.
async fn hostile() -> (World, PrKey) {
    let world = World::seeded(7);
    let html = "<script>alert(1)</script>";
    let opened = world.open_pull_request(NewPullRequest {
        title: html.to_owned(),
        body: Some(html.to_owned()),
        head_branch: html.to_owned(),
        labels: vec![html.to_owned()],
        diff: DIFF.to_owned(),
        ..NewPullRequest::default()
    });
    let pr = opened.pr.expect("a pull request");
    let review = NewReview {
        commit_id: world.head(&pr),
        event: ReviewEvent::RequestChanges,
        body: html.to_owned(),
        comments: vec![ReviewComment::at("a.rs", 1, Side::Right, html)],
    };
    let posted = world.github().create_review(&pr, &review).await;
    posted.expect("GitHub accepts the review");
    world.comment(&pr, "octocat", html);
    let check = NewCheck {
        head_sha: world.head(&pr),
        name: html.to_owned(),
        conclusion: Some(Conclusion::Failure),
        title: html.to_owned(),
        summary: html.to_owned(),
        external_id: String::new(),
    };
    world.check_by("ci", &pr.repo, check);
    (world, pr)
}

#[tokio::test]
async fn page_shows_conversation_as_text() {
    let (world, pr) = hostile().await;
    let path = format!("/{}/pull/{}", pr.repo, pr.number);
    for path in ["/", &path] {
        let (status, policy, html) = page(&world, path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(policy.starts_with("default-src 'none';"), "{path}");
        assert!(!html.contains("<script"), "{path}: {html}");
        assert!(html.contains("requested changes"), "{path}: {html}");
        assert!(html.contains("failure"), "{path}: {html}");
    }
    let (_, _, html) = page(&world, &path).await;
    let shown = [
        "a.rs:1",
        "<del>-&lt;old&gt;</del>",
        "<ins>+&lt;new&gt;</ins>",
        "octocat commented",
    ];
    for text in shown {
        assert!(html.contains(text), "{text}: {html}");
    }
}

#[tokio::test]
async fn other_paths_are_not_found() {
    let (world, _) = hostile().await;
    for path in [
        "/octo/widgets/pull/9",
        "/octo/none/pull/1",
        "/octo/w%20/pull/x",
    ] {
        let (status, policy, html) = page(&world, path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(!policy.is_empty(), "{path}");
        assert!(html.contains("no such pull request"), "{path}: {html}");
    }
    // The API requires a user agent.
    let (status, _, body) = page(&world, "/repos/octo/widgets/pulls/1").await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{body}");
}
