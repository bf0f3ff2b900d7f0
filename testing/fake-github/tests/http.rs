//! Response formats of the REST API, and requests rejected before the handler.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use fake_github::{NewPullRequest, World};
use github::{HeadSha, PrKey};
use serde_json::{Value, json};
use tower::ServiceExt;

const GOOD: [(&str, &str); 3] = [
    ("authorization", "Bearer world-token"),
    ("user-agent", "test"),
    ("x-github-api-version", "2022-11-28"),
];

fn stage() -> (World, PrKey) {
    let world = World::seeded(7);
    let opened = world.open_pull_request(NewPullRequest::default());
    (world, opened.pr.expect("a pull request"))
}

async fn ask(
    world: &World,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Value,
) -> (StatusCode, HeaderMap, Value) {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = match body {
        Value::Null => Body::empty(),
        Value::String(raw) => Body::from(raw),
        json @ (Value::Object(_) | Value::Array(_) | Value::Bool(_) | Value::Number(_)) => {
            Body::from(json.to_string())
        }
    };
    let request = request.body(body).expect("a request");
    let answer = fake_github::router(world.clone()).oneshot(request).await;
    let (parts, body) = answer.expect("an answer").into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("its body");
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    (parts.status, parts.headers, body)
}

#[tokio::test]
async fn headers_are_validated_like_github() {
    let (world, _) = stage();
    let agent = ("user-agent", "test");
    let token = ("authorization", "Bearer world-token");
    for (why, headers, status, message) in [
        ("all there", &GOOD[..], 200, None),
        ("no version is the oldest", &[agent, token], 200, None),
        ("no token", &[agent], 401, Some("Requires authentication")),
        (
            "another token",
            &[agent, ("authorization", "Bearer other")],
            401,
            Some("Bad credentials"),
        ),
        (
            "a version that does not exist",
            &[agent, token, ("x-github-api-version", "2020-01-01")],
            400,
            Some("Unsupported API version"),
        ),
        (
            "no user agent",
            &[token],
            403,
            Some("Request forbidden by administrative rules."),
        ),
    ] {
        let path = "/repos/octo/widgets/pulls/1";
        let (found, _, body) = ask(&world, "GET", path, headers, Value::Null).await;
        assert_eq!(found.as_u16(), status, "{why}: {body}");
        let emitted = body.get("message").and_then(Value::as_str);
        assert_eq!(message.is_some(), emitted.is_some(), "{why}: {body}");
        let (message, emitted) = (message.unwrap_or_default(), emitted.unwrap_or_default());
        assert!(emitted.starts_with(message), "{why}: {emitted}");
    }
}

#[tokio::test]
async fn review_body_rejects_unknown_fields() {
    let (world, pr) = stage();
    let head = world.head(&pr);
    let path = "/repos/octo/widgets/pulls/1/reviews";
    for (why, body, status) in [
        (
            "good",
            json!({"commit_id": head, "event": "COMMENT", "body": "Hm."}),
            200,
        ),
        ("no JSON", json!("{"), 400),
        (
            "a misspelt field",
            json!({"commit_id": head, "event": "COMMENT", "text": "Hm."}),
            422,
        ),
        (
            "no event would stay pending",
            json!({"commit_id": head, "body": "Hm."}),
            422,
        ),
        (
            "another event",
            json!({"commit_id": head, "event": "REJECT", "body": "Hm."}),
            422,
        ),
        (
            "a comment by position",
            json!({"commit_id": head, "event": "COMMENT", "comments": [{"path": "a", "position": 1, "body": "x"}]}),
            422,
        ),
    ] {
        let (found, _, body) = ask(&world, "POST", path, &GOOD, body).await;
        assert_eq!(found.as_u16(), status, "{why}: {body}");
    }
    assert_eq!(world.reviews(&pr).len(), 1);
}

#[tokio::test]
async fn pages_have_link_headers() {
    let (world, pr) = stage();
    for n in 0..5 {
        world.submit_review(&pr, "reader", &format!("{n}"));
    }
    let host = ("host", "api.github.example");
    let headers = [GOOD[0], GOOD[1], host];
    for (why, query, shown, next) in [
        ("all on one", "", 5, None),
        (
            "the first",
            "?per_page=2",
            2,
            Some("per_page=2&page=2>; rel=\"next\""),
        ),
        (
            "the second",
            "?per_page=2&page=2",
            2,
            Some("per_page=2&page=3>; rel=\"next\""),
        ),
        ("the last", "?per_page=2&page=3", 1, None),
        ("beyond", "?per_page=2&page=4", 0, None),
        (
            "a page of none is a page of one",
            "?per_page=0",
            1,
            Some("per_page=1&page=2>"),
        ),
    ] {
        let path = format!("/repos/octo/widgets/pulls/1/reviews{query}");
        let (_, answer, body) = ask(&world, "GET", &path, &headers, Value::Null).await;
        assert_eq!(body.as_array().map(Vec::len), Some(shown), "{why}: {body}");
        let link = answer.get("link").map(|link| link.to_str().unwrap());
        match (link, next) {
            (Some(link), Some(next)) => {
                assert!(link.contains(next), "{why}: {link}");
                assert!(
                    link.starts_with("<http://api.github.example/repositories/"),
                    "{why}: {link}"
                );
            }
            (link, next) => assert_eq!(link, next, "{why}"),
        }
    }
}

#[tokio::test]
async fn comparison_supports_only_diff() {
    let (world, pr) = stage();
    let path = format!(
        "/repos/octo/widgets/compare/{}...{}",
        world.base(&pr),
        world.head(&pr)
    );
    let diff = ("accept", "application/vnd.github.diff");
    let json = ("accept", "application/vnd.github+json");
    for (why, accept, status) in [("a diff", diff, 200), ("JSON", json, 415)] {
        let headers = [GOOD[0], GOOD[1], accept];
        let (found, ..) = ask(&world, "GET", &path, &headers, Value::Null).await;
        assert_eq!(found.as_u16(), status, "{why}");
    }
}

#[tokio::test]
async fn compares_only_known_heads() {
    let (world, pr) = stage();
    let first = world.head(&pr);
    world.push(&pr, "");
    let second = world.head(&pr);
    let unknown: HeadSha = "a".repeat(40).parse().expect("a commit id");
    let headers = [GOOD[0], GOOD[1], ("accept", "application/vnd.github.diff")];
    for (from, to, status) in [
        (&first, &second, 200),
        (&second, &first, 200),
        (&unknown, &second, 404),
    ] {
        let path = format!("/repos/octo/widgets/compare/{from}...{to}");
        let (found, ..) = ask(&world, "GET", &path, &headers, Value::Null).await;
        assert_eq!(found.as_u16(), status, "{path}");
    }
}

#[tokio::test]
async fn installation_has_no_user() {
    let (world, _) = stage();
    let (status, _, body) = ask(&world, "GET", "/user", &GOOD, Value::Null).await;
    assert_eq!(status.as_u16(), 403, "{body}");
    assert_eq!(body["message"], "Resource not accessible by integration");
    world.set_bot("review-person");
    let (_, _, body) = ask(&world, "GET", "/user", &GOOD, Value::Null).await;
    assert_eq!(
        (&body["login"], &body["type"]),
        (&json!("review-person"), &json!("User"))
    );
    let (status, ..) = ask(&world, "GET", "/elsewhere", &GOOD, Value::Null).await;
    assert_eq!(status.as_u16(), 404);
}
