//! User actions and the resulting deliveries.

use fake_github::{NewPullRequest, WebhookDelivery, World};
use github::port::{NewReview, PublishReview, ReadDiff, ReadPullRequest, ReviewEvent};
use github::{PrKey, RepoName};
use serde_json::{Value, json};

const DIFF: &str = "\
diff --git a/src/lib.rs b/src/lib.rs
--- a/src/lib.rs
+++ b/src/lib.rs
@@ -1,2 +1,3 @@
 one
-two
+two!
+three
";

fn opened(world: &World) -> (PrKey, WebhookDelivery) {
    let delivery = world.open_pull_request(NewPullRequest {
        labels: vec!["size/S".into()],
        diff: DIFF.into(),
        ..NewPullRequest::default()
    });
    (delivery.pr.clone().expect("a pull request"), delivery)
}

fn at<'a>(payload: &'a Value, field: &str) -> &'a Value {
    payload
        .pointer(field)
        .unwrap_or_else(|| panic!("no {field} in {payload:#}"))
}

#[test]
fn opened_pull_request_payload() {
    let (_, delivery) = opened(&World::seeded(7));
    insta::assert_json_snapshot!(delivery.json());
}

#[test]
fn pull_request_comment_payload() {
    let world = World::seeded(7);
    let (pr, _) = opened(&world);
    let delivery = world.comment(&pr, "octocat", "/review");
    assert_eq!(delivery.event, "issue_comment");
    insta::assert_json_snapshot!(delivery.json());
}

#[test]
fn same_seed_produces_same_deliveries() {
    let story = |seed| {
        let world = World::seeded(seed);
        let (pr, _) = opened(&world);
        world.push(&pr, "");
        world.close(&pr);
        world.deliveries()
    };
    assert_eq!(story(7), story(7));
    assert_ne!(story(7), story(8));
}

#[test]
fn each_action_sends_its_event() {
    let world = World::seeded(7);
    let (pr, first) = opened(&world);
    let before = world.head(&pr);
    let repo: RepoName = pr.repo.clone();
    let (issue, issue_opened) = world.open_issue(&repo, "hubot", "Broken", "It is.");

    check(
        "opened",
        &first,
        "pull_request",
        &[("/action", json!("opened"))],
    );
    let pushed = world.push(&pr, DIFF);
    check(
        "a push names both heads",
        &pushed,
        "pull_request",
        &[
            ("/action", json!("synchronize")),
            ("/before", json!(before)),
            ("/after", json!(world.head(&pr))),
            ("/pull_request/head/sha", json!(world.head(&pr))),
            ("/pull_request/commits", json!(2)),
        ],
    );
    check(
        "a label",
        &world.label(&pr, "bug"),
        "pull_request",
        &[
            ("/action", json!("labeled")),
            ("/label/name", json!("bug")),
            ("/pull_request/labels/1/name", json!("bug")),
        ],
    );
    check(
        "back to a draft",
        &world.convert_to_draft(&pr),
        "pull_request",
        &[
            ("/action", json!("converted_to_draft")),
            ("/pull_request/draft", json!(true)),
        ],
    );
    check(
        "ready",
        &world.ready_for_review(&pr),
        "pull_request",
        &[
            ("/action", json!("ready_for_review")),
            ("/pull_request/draft", json!(false)),
        ],
    );
    check(
        "closed without merging",
        &world.close(&pr),
        "pull_request",
        &[
            ("/action", json!("closed")),
            ("/pull_request/state", json!("closed")),
            ("/pull_request/merged", json!(false)),
        ],
    );
    check(
        "reopened",
        &world.reopen(&pr),
        "pull_request",
        &[
            ("/action", json!("reopened")),
            ("/pull_request/state", json!("open")),
            ("/pull_request/closed_at", Value::Null),
        ],
    );
    check(
        "merged",
        &world.merge(&pr),
        "pull_request",
        &[
            ("/action", json!("closed")),
            ("/pull_request/merged", json!(true)),
        ],
    );
    check(
        "someone's review; webhooks write its state in lower case",
        &world.submit_review(&pr, "hubot", "Hm."),
        "pull_request_review",
        &[
            ("/action", json!("submitted")),
            ("/review/state", json!("commented")),
        ],
    );
    check(
        "an issue",
        &issue_opened,
        "issues",
        &[("/action", json!("opened")), ("/issue/number", json!(2))],
    );
    let emitted = world.comment_on_issue(&repo, issue, "dependabot[bot]", "Bump.");
    check(
        "an App's comment on an issue",
        &emitted,
        "issue_comment",
        &[
            ("/issue/comments", json!(1)),
            ("/sender/type", json!("Bot")),
            (
                "/comment/performed_via_github_app/slug",
                json!("dependabot"),
            ),
        ],
    );
    let emitted = emitted.json();
    assert!(
        emitted.pointer("/issue/pull_request").is_none(),
        "an issue is not a pull request"
    );
}

fn check(why: &str, delivery: &WebhookDelivery, event: &str, fields: &[(&str, Value)]) {
    assert_eq!(delivery.event, event, "{why}");
    let payload = delivery.json();
    for (field, want) in fields {
        assert_eq!(at(&payload, field), want, "{why}: {field}");
    }
    for field in ["/repository/full_name", "/sender/login", "/installation/id"] {
        at(&payload, field);
    }
}

#[test]
fn redelivery_is_identical() {
    let world = World::seeded(7);
    let (pr, first) = opened(&world);
    world.push(&pr, "");
    let again = world.redeliver(&first.guid).expect("it was delivered");
    assert_eq!(again, first);
    assert_eq!(again.headers("s"), first.headers("s"));
    assert_eq!(world.redeliver("never-sent"), None);
    assert_eq!(
        world.deliveries().len(),
        2,
        "a redelivery is not a new delivery"
    );
}

#[test]
fn edits_send_their_changes() {
    let world = World::seeded(7);
    let (pr, _) = opened(&world);
    let (main, first) = (world.base(&pr), world.head(&pr));
    let retargeted = world.retarget(&pr, "release", "");
    check(
        "another base branch",
        &retargeted,
        "pull_request",
        &[
            ("/action", json!("edited")),
            ("/changes/base/ref/from", json!("main")),
            ("/changes/base/sha/from", json!(main)),
            ("/pull_request/base/ref", json!("release")),
            ("/pull_request/base/sha", json!(world.base(&pr))),
            ("/pull_request/changed_files", json!(0)),
        ],
    );
    assert_ne!(world.base(&pr), main);
    world.retarget(&pr, "main", DIFF);
    assert_eq!(world.base(&pr), main, "the branch has no new commit");

    world.push(&pr, DIFF);
    let second = world.head(&pr);
    let back = world.force_push_back(&pr, &first, DIFF);
    check(
        "back to the first head",
        &back,
        "pull_request",
        &[
            ("/action", json!("synchronize")),
            ("/before", json!(second)),
            ("/after", json!(first)),
            ("/pull_request/head/sha", json!(first)),
            ("/pull_request/commits", json!(1)),
        ],
    );
    world.force_push_back(&pr, &second, DIFF);
    assert_eq!(world.head(&pr), second);
    check(
        "without a label",
        &world.unlabel(&pr, "size/S"),
        "pull_request",
        &[
            ("/action", json!("unlabeled")),
            ("/label/name", json!("size/S")),
            ("/pull_request/labels", json!([])),
        ],
    );
    check(
        "another title",
        &world.edit_title(&pr, "Turn all"),
        "pull_request",
        &[
            ("/action", json!("edited")),
            ("/changes/title/from", json!("Turn the widgets")),
            ("/pull_request/title", json!("Turn all")),
        ],
    );
    check(
        "a file on the base branch",
        &world.push_file(&pr.repo, "main", "settings.toml", ""),
        "push",
        &[
            ("/ref", json!("refs/heads/main")),
            ("/before", json!(main)),
            ("/commits/0/modified", json!(["settings.toml"])),
        ],
    );
    assert_eq!(world.base(&pr), main, "the pull request is as it was");
}

/// GitHub redirects the earlier names of a repository ("Renaming a repository").
#[tokio::test]
async fn renamed_repository_keeps_its_id() {
    let world = World::seeded(7);
    let (pr, first) = opened(&world);
    let id = first.json()["repository"]["id"].clone();
    let gadgets: RepoName = "octo/gadgets".parse().unwrap();
    let rename: &dyn Fn() -> WebhookDelivery = &|| world.rename_repository(&pr.repo, "gadgets");
    for (why, act, action, from, name) in [
        (
            "a new name",
            rename,
            "renamed",
            ("/changes/repository/name/from", "widgets"),
            "octo/gadgets",
        ),
        (
            "a new owner",
            &|| world.transfer_repository(&pr.repo, "hubot"),
            "transferred",
            ("/changes/owner/from/user/login", "octo"),
            "hubot/gadgets",
        ),
        (
            "all as it was",
            &|| world.transfer_repository(&gadgets, "octo"),
            "transferred",
            ("/changes/owner/from/user/login", "hubot"),
            "octo/gadgets",
        ),
    ] {
        let fields = [
            ("/action", json!(action)),
            (from.0, json!(from.1)),
            ("/repository/full_name", json!(name)),
            ("/repository/id", id.clone()),
        ];
        check(why, &act(), "repository", &fields);
        let now = PrKey {
            repo: name.parse().unwrap(),
            number: pr.number,
        };
        let pushed = world.push(&pr, DIFF);
        assert_eq!(pushed.pr.as_ref(), Some(&now), "{why}");
        let fields = [
            ("/repository/full_name", json!(name)),
            ("/repository/id", id.clone()),
            ("/pull_request/base/repo/full_name", json!(name)),
            ("/pull_request/head/repo/id", id.clone()),
        ];
        check(why, &pushed, "pull_request", &fields);
        for pr in [&pr, &now] {
            let found = world.github().pull_request(pr).await;
            assert_eq!(found.unwrap().head_sha, world.head(&now), "{why}: {pr}");
        }
    }
}

/// Example from "Validating webhook deliveries".
#[test]
fn signature_matches_github_example() {
    let delivery = WebhookDelivery {
        guid: "72d3162e-cc78-11e3-81ab-4c9367dc0958".into(),
        event: "push".into(),
        pr: None,
        body: b"Hello, World!".to_vec(),
    };
    let headers = delivery.headers("It's a Secret to Everybody");
    let header = |name: &str| {
        let found = headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(
        header("X-Hub-Signature-256"),
        Some("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")
    );
    assert_eq!(header("X-GitHub-Event"), Some("push"));
    assert_eq!(header("X-GitHub-Delivery"), Some(delivery.guid.as_str()));
    assert_eq!(header("Content-Type"), Some("application/json"));
    assert!(header("User-Agent").is_some_and(|agent| agent.starts_with("GitHub-Hookshot/")));
}

/// GitHub also notifies the bot of its own review; a handler must not react to it.
#[tokio::test]
async fn own_review_sends_delivery() {
    let world = World::seeded(7);
    let (pr, _) = opened(&world);
    let review = NewReview {
        commit_id: world.head(&pr),
        event: ReviewEvent::Comment,
        body: "Hm.".into(),
        comments: vec![],
    };
    world.github().create_review(&pr, &review).await.unwrap();
    let last = world.deliveries().pop().unwrap();
    check(
        "its own",
        &last,
        "pull_request_review",
        &[
            ("/sender/login", json!("review-bot[bot]")),
            ("/sender/type", json!("Bot")),
            ("/review/commit_id", json!(world.head(&pr))),
        ],
    );
}

#[test]
fn pull_request_from_fork_names_fork() {
    let world = World::seeded(7);
    let delivery = world.open_pull_request(NewPullRequest {
        head_repo: Some("stranger/widgets".parse().unwrap()),
        ..NewPullRequest::default()
    });
    let payload = delivery.json();
    for (field, want) in [
        (
            "/pull_request/head/repo/full_name",
            json!("stranger/widgets"),
        ),
        ("/pull_request/head/repo/fork", json!(true)),
        ("/pull_request/head/label", json!("stranger:turn")),
        ("/pull_request/base/repo/fork", json!(false)),
        ("/repository/full_name", json!("octo/widgets")),
    ] {
        assert_eq!(at(&payload, field), &want, "{field}");
    }
}

#[test]
fn issues_and_pull_requests_share_numbers() {
    let world = World::seeded(7);
    let (pr, _) = opened(&world);
    let (issue, _) = world.open_issue(&pr.repo, "hubot", "Broken", "");
    let (next, _) = opened(&world);
    assert_eq!((pr.number, issue, next.number), (1, 2, 3));
}

#[test]
#[should_panic(expected = "line 5 of the diff")]
fn malformed_diff_panics() {
    World::seeded(7).open_pull_request(NewPullRequest {
        diff: "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\nx\n".into(),
        ..NewPullRequest::default()
    });
}

fn added(lines: &[&str]) -> String {
    let count = lines.len();
    let lines: String = lines.iter().map(|line| format!("+{line}\n")).collect();
    format!(
        "diff --git a/a.rs b/a.rs\nnew file mode 100644\n--- /dev/null\n+++ b/a.rs\n@@ -0,0 +1,{count} @@\n{lines}"
    )
}

/// "Compare two commits" shows the commits since the merge base, without those of the
/// other branch.
#[tokio::test]
async fn head_compares_with_earlier_heads() {
    let world = World::seeded(7);
    let (one, two, three) = (added(&["x"]), added(&["x", "y"]), added(&["z"]));
    let opened = world.open_pull_request(NewPullRequest {
        diff: one,
        ..NewPullRequest::default()
    });
    let pr = opened.pr.expect("a pull request");
    let first = world.head(&pr);
    world.push(&pr, two.as_str());
    let second = world.head(&pr);
    world.force_push(&pr, three.as_str());
    let third = world.head(&pr);
    world.push(&pr, added(&["z", "w"]));
    let fourth = world.head(&pr);
    let changed = "diff --git a/a.rs b/a.rs\n--- a/a.rs\n+++ b/a.rs\n";
    for (why, from, to, diff) in [
        (
            "what a push brings",
            &first,
            &second,
            format!("{changed}@@ -1 +1,2 @@\n x\n+y\n"),
        ),
        ("backwards: nothing", &second, &first, String::new()),
        (
            "rewritten: all from the base on",
            &second,
            &third,
            three.clone(),
        ),
        ("and what is gone", &third, &second, two.clone()),
        (
            "with the one before that too",
            &third,
            &first,
            added(&["x"]),
        ),
        (
            "a push upon it",
            &third,
            &fourth,
            format!("{changed}@@ -1 +1,2 @@\n z\n+w\n"),
        ),
        (
            "the removed file is still missing",
            &fourth,
            &second,
            two.clone(),
        ),
    ] {
        let told = world.github().diff(&pr, from, to).await;
        assert_eq!(told.expect("they can be compared"), diff, "{why}");
    }
}
