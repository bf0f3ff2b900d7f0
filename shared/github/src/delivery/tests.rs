use super::*;
use serde_json::{Value, json};

fn read(event: &str, body: &Value) -> Result<Delivery, InvalidDelivery> {
    Delivery::read(event, body.to_string().as_bytes())
}

fn sha(digit: &str) -> String {
    digit.repeat(40)
}

fn pull_request(action: &str) -> Value {
    json!({
        "action": action,
        "number": 7,
        "pull_request": {
            "number": 7,
            "state": "open",
            "title": "Text that must not be forwarded",
            "body": "Text that must not be forwarded",
            "user": { "login": "octocat", "id": 1, "type": "User" },
            "author_association": "MEMBER",
            "draft": false,
            "labels": [{ "id": 1, "name": "bug" }],
            "updated_at": "2026-11-01T12:00:00Z",
            "head": { "ref": "fix", "sha": sha("a"), "repo": { "full_name": "fork/widgets" } },
            "base": { "ref": "main", "sha": sha("b"), "repo": { "full_name": "octo/widgets" } },
        },
        "repository": { "id": 1, "full_name": "octo/widgets" },
        "sender": { "login": "octocat", "type": "User" },
        "installation": { "id": 99 },
    })
}

#[test]
fn maps_event_and_action_to_topic() {
    let on_pr =
        json!({ "action": "created", "issue": { "number": 7, "pull_request": { "url": "…" } } });
    let on_issue = json!({ "action": "created", "issue": { "number": 8 } });
    for (event, body, topic, known) in [
        (
            "pull_request",
            pull_request("opened"),
            "github.pr.opened",
            true,
        ),
        (
            "pull_request",
            pull_request("synchronize"),
            "github.pr.synchronize",
            true,
        ),
        (
            "issues",
            json!({ "action": "opened" }),
            "github.issue.opened",
            true,
        ),
        ("issue_comment", on_pr, "github.pr.comment.created", true),
        (
            "issue_comment",
            on_issue,
            "github.issue.comment.created",
            true,
        ),
        (
            "pull_request_review",
            json!({ "action": "submitted" }),
            "github.pr.review.submitted",
            true,
        ),
        (
            "pull_request_review_comment",
            json!({ "action": "created" }),
            "github.pr.review_comment.created",
            true,
        ),
        (
            "push",
            json!({ "ref": "refs/heads/main" }),
            "github.push",
            true,
        ),
        (
            "check_run",
            json!({ "action": "completed" }),
            "github.check_run.completed",
            true,
        ),
        ("ping", json!({ "zen": "…" }), "github.ping", true),
        (
            "moon_landing",
            json!({ "action": "touched_down" }),
            "github.moon_landing.touched_down",
            false,
        ),
    ] {
        let delivery = read(event, &body).unwrap_or_else(|error| panic!("{event}: {error}"));
        assert_eq!(delivery.say.topic.as_str(), topic, "{event}");
        assert_eq!(delivery.known, known, "{event}");
    }
}

#[test]
fn known_events_are_sorted() {
    assert!(known::EVENTS.is_sorted());
}

#[test]
fn pull_request_body_holds_references_only() {
    let delivery = read("pull_request", &pull_request("opened")).unwrap();
    insta::assert_json_snapshot!(delivery.say, @r#"
    {
      "topic": "github.pr.opened",
      "subject": "octo/widgets#7",
      "data": {
        "action": "opened",
        "author": {
          "association": "MEMBER",
          "kind": "User",
          "login": "octocat"
        },
        "base": {
          "ref": "main",
          "sha": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
        },
        "draft": false,
        "head_repo": "fork/widgets",
        "head_sha": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "installation": 99,
        "labels": [
          "bug"
        ],
        "open": true,
        "pr": "octo/widgets#7",
        "updated_at": "2026-11-01T12:00:00Z"
      }
    }
    "#);
}

#[test]
fn accepts_missing_or_invalid_optional_fields() {
    for (why, path, value) in [
        (
            "the fork was deleted",
            "/pull_request/head/repo",
            Value::Null,
        ),
        ("no sender", "/sender", Value::Null),
        ("a sender of an unexpected type", "/sender", json!(5)),
        (
            "the author's account was deleted",
            "/pull_request/user",
            Value::Null,
        ),
        (
            "labels of an unexpected type",
            "/pull_request/labels",
            json!("bug"),
        ),
        ("no state", "/pull_request/state", Value::Null),
        (
            "an invalid time",
            "/pull_request/updated_at",
            json!("yesterday"),
        ),
        ("an installation without an id", "/installation", json!({})),
        (
            "an unknown account type",
            "/pull_request/user/type",
            json!("Robot"),
        ),
    ] {
        let mut body = pull_request("opened");
        *body.pointer_mut(path).unwrap() = value;
        assert!(read("pull_request", &body).is_ok(), "{why}");
    }
}

#[test]
fn names_missing_required_fields() {
    for (path, named) in [
        ("/repository", "repository.full_name"),
        ("/pull_request", "pull_request"),
        ("/pull_request/head", "pull_request.head.sha"),
        ("/pull_request/base/sha", "pull_request.base.sha"),
        ("/action", "action"),
    ] {
        let mut body = pull_request("opened");
        *body.pointer_mut(path).unwrap() = Value::Null;
        let error = read("pull_request", &body).unwrap_err().to_string();
        assert!(error.contains(named), "{path}: {error}");
    }
}

#[test]
fn rejects_hostile_names() {
    for event in [
        "",
        "Pull_Request",
        "a.b",
        "pull request",
        "x\n",
        &"x".repeat(200),
    ] {
        assert!(
            matches!(read(event, &json!({})), Err(InvalidDelivery::EventName(_))),
            "{event:?}"
        );
    }
    for action in ["", "a.b", "OPENED", "open ed", "*"] {
        assert!(
            matches!(
                read("issues", &json!({ "action": action })),
                Err(InvalidDelivery::Action(_))
            ),
            "{action:?}"
        );
    }
    let mut body = pull_request("opened");
    body["repository"]["full_name"] = json!("octo/../../widgets");
    assert!(matches!(
        read("pull_request", &body),
        Err(InvalidDelivery::Key(_))
    ));
}

#[test]
fn rejects_non_object_body() {
    for body in ["", "[]", "{", "null", "\u{feff}{}", "payload=%7B%7D"] {
        let result = Delivery::read("push", body.as_bytes());
        assert!(
            matches!(result, Err(InvalidDelivery::Json(_))),
            "{body:?}: {result:?}"
        );
    }
}
