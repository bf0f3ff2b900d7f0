//! Every call of the client matches GitHub's OpenAPI description. The tests drive each
//! port over HTTP against the simulated GitHub, with a token and as an App, run stories,
//! and validate the recorded requests.

mod description;
mod stories;

use description::Description;
use events::{ManualClock, SeededEntropy, Timestamp};
use fake_github::{HttpRequest, NewPullRequest, StatusState, World};
use github::PrKey;
use github::port::{
    Conclusion, GitHubError, NewCheck, NewReview, PublishReview, ReadChecks, ReadDiff, ReadFile,
    ReadFiles, ReadLanguages, ReadPullRequest, ReviewComment, ReviewEvent, SetCheck, Side,
    Summarise, WhoAmI, WithdrawReview,
};
use github_client::Client;
use journeys::wire::{self, By};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const DIFF: &str = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n one\n-two\n+two!\n";
const MARKER: &str = "<!-- marker -->";

/// Calls every port in several variants and returns the recorded requests.
async fn driven(by: By) -> Result<Vec<HttpRequest>, GitHubError> {
    let start = Timestamp::from_second(1_767_603_600).expect("a time");
    let clock = Arc::new(ManualClock::starting_at(start));
    let world = World::new(clock.clone(), Arc::new(SeededEntropy::new(7)));
    let many: String = (0..301)
        .map(|n| format!("diff --git a/{n} b/{n}\nold mode 100644\nnew mode 100755\n"))
        .collect();
    let open = |diff: &str| {
        let opened = world.open_pull_request(NewPullRequest {
            diff: diff.to_owned(),
            ..NewPullRequest::default()
        });
        opened.pr.expect("a pull request")
    };
    let (pr, large) = (open(DIFF), open(&many));
    let client = wire::github(&world, clock.clone(), by).await;
    for n in 0..60 {
        world.submit_review(&pr, "reader", &format!("Thought {n}"));
        world.comment(&pr, "reader", &format!("Thought {n}"));
        clock.advance(Duration::from_secs(60));
    }
    read(&client, &world, &pr, &large).await?;
    write(&client, &world, &pr).await?;
    Ok(world.requests())
}

async fn read(
    client: &Client,
    world: &World,
    pr: &PrKey,
    large: &PrKey,
) -> Result<(), GitHubError> {
    client.pull_request(pr).await?;
    // The first call that needs the bot's login.
    assert_eq!(client.own_reviews(pr, MARKER).await?, [], "on two pages");
    client.diff(pr, &world.base(pr), &world.head(pr)).await?;
    let files = client.files(large).await?.files.len();
    assert_eq!(files, 301, "on four pages");
    let odd = "folder/a b%2e?#ä.toml";
    world.put_file(&pr.repo, "a&b", odd, "a = 1");
    for _ in 0..2 {
        let found = client.file(&pr.repo, odd, "a&b").await?;
        assert_eq!(found.as_deref(), Some(&b"a = 1"[..]));
    }
    world.written_in(&pr.repo, &[("Python", 7), ("Rust", 9)]);
    let languages = client.languages(&pr.repo).await?;
    assert_eq!(languages, ["Rust", "Python"], "most of it first");
    Ok(())
}

async fn write(client: &Client, world: &World, pr: &PrKey) -> Result<(), GitHubError> {
    let one = ReviewComment::at("a", 2, Side::Right, "why?");
    let gone = ReviewComment::at("a", 2, Side::Left, "why not?");
    let several = ReviewComment {
        start_line: Some(1),
        start_side: Some(Side::Right),
        ..one.clone()
    };
    let several_on_one_side = ReviewComment {
        start_line: Some(1),
        ..one.clone()
    };
    for (event, comments) in [
        (ReviewEvent::Comment, vec![]),
        (ReviewEvent::Approve, vec![one.clone(), gone]),
        (
            ReviewEvent::RequestChanges,
            vec![one, several, several_on_one_side],
        ),
    ] {
        let review = NewReview {
            commit_id: world.head(pr),
            event,
            body: MARKER.to_owned(),
            comments,
        };
        client.create_review(pr, &review).await?;
    }
    let own = client.own_reviews(pr, MARKER).await?;
    let voting: Vec<_> = own.iter().filter(|review| review.state.votes()).collect();
    assert_eq!(voting.len(), 2);
    for review in voting {
        client.dismiss_review(pr, review.id, "A newer one.").await?;
        let body = format!("Outdated.\n\n{}", review.body);
        client.edit_review(pr, review.id, &body).await?;
    }

    for conclusion in [
        None,
        Some(Conclusion::Neutral),
        Some(Conclusion::Success),
        Some(Conclusion::Failure),
        Some(Conclusion::Cancelled),
    ] {
        let check = NewCheck {
            head_sha: world.head(pr),
            name: "review & more".to_owned(),
            conclusion,
            title: "One finding".to_owned(),
            summary: "Here.".to_owned(),
            external_id: format!("{conclusion:?}"),
        };
        let id = client.create_check(&pr.repo, &check).await?;
        client.update_check(&pr.repo, id, &check).await?;
        let found = client
            .find_check(
                &pr.repo,
                &check.head_sha,
                &check.name,
                Some(&check.external_id),
            )
            .await?;
        assert!(found.is_some());
    }

    let head = world.head(pr);
    world.set_status(&pr.repo, &head, "ci", StatusState::Success);
    assert!(
        client
            .others_are_green(&pr.repo, &head, "review & more")
            .await?
    );
    client.login().await?;

    let comment = client.create_comment(pr, MARKER).await?;
    client.update_comment(&pr.repo, comment, MARKER).await?;
    assert_eq!(client.find_comment(pr, MARKER).await?, Some(comment));
    Ok(())
}

/// Replaces the repository's id by its name. GitHub's `Link` headers point to
/// `/repositories/{id}/…`, which its description lacks.
fn by_name(mut request: HttpRequest) -> HttpRequest {
    if let Some(rest) = request.path.strip_prefix("/repositories/") {
        let (_, rest) = rest.split_once('/').expect("a call in a repository");
        request.path = format!("/repos/octo/widgets/{rest}");
    }
    request
}

/// Returns GitHub's name of an operation of the simulated GitHub.
fn called(described: &Description, (method, path): (String, String)) -> String {
    let parts = path.split('/').map(|part| match part {
        "{range}" => "1...2",
        _ if part.starts_with('{') => "1",
        _ => part,
    });
    let call = HttpRequest {
        path: parts.collect::<Vec<_>>().join("/"),
        method,
        query: String::new(),
        body: json!(null),
        status: 0,
    };
    let operation = described.operation(&call);
    operation.unwrap_or_else(|| panic!("{call:?}")).name
}

#[tokio::test]
async fn every_call_matches_description() {
    let described = Description::new(journeys::octokit::description());
    let mut calls = driven(By::Token).await.unwrap();
    calls.extend(driven(By::App).await.unwrap());
    let told = stories::told().await;
    for (what, method, end, at, value) in [
        (
            "a check of a head that is superseded",
            "PATCH",
            "",
            "/conclusion",
            "cancelled",
        ),
        (
            "a comment on a line that is gone",
            "POST",
            "/reviews",
            "/comments/0/side",
            "LEFT",
        ),
    ] {
        let is_it = |call: &&HttpRequest| {
            call.method == method
                && call.path.ends_with(end)
                && call.body.pointer(at).is_some_and(|it| it == value)
        };
        let found: Vec<_> = told.iter().filter(is_it).collect();
        assert!(!found.is_empty(), "{what} is among the calls");
        assert!(
            found.iter().all(|call| call.status == 200),
            "{what}: {found:?}"
        );
    }
    calls.extend(told);
    let calls: Vec<HttpRequest> = calls.into_iter().map(by_name).collect();
    let violations: Vec<String> = calls
        .iter()
        .flat_map(|call| described.violations(call))
        .collect();
    println!("{} calls, {} violations", calls.len(), violations.len());
    assert_eq!(violations, [""; 0]);

    let made: BTreeSet<String> = calls
        .iter()
        .filter_map(|call| Some(described.operation(call)?.name))
        .collect();
    let known: BTreeSet<String> = fake_github::operations()
        .into_iter()
        .map(|operation| called(&described, operation))
        .collect();
    assert_eq!(
        made, known,
        "the simulated GitHub answers these and no others"
    );
    println!("{} operations, of which GitHub describes all", known.len());
    let made: Vec<String> = made.into_iter().collect();
    insta::assert_snapshot!(made.join("\n"), @r"
    GET /app
    GET /repos/{owner}/{repo}/commits/{ref}/check-runs
    GET /repos/{owner}/{repo}/commits/{ref}/status
    GET /repos/{owner}/{repo}/compare/{base}...{head}
    GET /repos/{owner}/{repo}/contents/{path}
    GET /repos/{owner}/{repo}/installation
    GET /repos/{owner}/{repo}/issues/{issue_number}/comments
    GET /repos/{owner}/{repo}/languages
    GET /repos/{owner}/{repo}/pulls/{pull_number}
    GET /repos/{owner}/{repo}/pulls/{pull_number}/files
    GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews
    GET /user
    PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}
    PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}
    POST /app/installations/{installation_id}/access_tokens
    POST /repos/{owner}/{repo}/check-runs
    POST /repos/{owner}/{repo}/issues/{issue_number}/comments
    POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews
    PUT /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}
    PUT /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/dismissals
    ");
}

#[test]
fn undescribed_request_is_a_violation() {
    let described = Description::new(journeys::octokit::description());
    let request = |method: &str, path: &str, query: &str, body| HttpRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        body,
        status: 200,
    };
    let repo = "/repos/octo/widgets";
    let reviews = format!("{repo}/pulls/1/reviews");
    let review = |comment| json!({"event": "COMMENT", "body": "x", "comments": [comment]});
    let checks = format!("{repo}/check-runs");
    let tokens = "/app/installations/1/access_tokens";
    for (why, method, path, query, body, wrong) in [
        (
            "good",
            "POST",
            &*reviews,
            "",
            review(json!({"path": "a", "line": 1, "body": "x"})),
            None,
        ),
        (
            "a misspelt field",
            "POST",
            &reviews,
            "",
            json!({"evnt": "COMMENT"}),
            Some("evnt"),
        ),
        (
            "a misspelt field of a comment",
            "POST",
            &reviews,
            "",
            review(json!({"path": "a", "body": "x", "start-line": 1})),
            Some("start-line"),
        ),
        (
            "an event that is none",
            "POST",
            &reviews,
            "",
            json!({"event": "REJECT"}),
            Some("REJECT"),
        ),
        (
            "a number as text",
            "POST",
            &reviews,
            "",
            review(json!({"path": "a", "line": "1", "body": "x"})),
            Some("integer"),
        ),
        (
            "a field is missing",
            "POST",
            &checks,
            "",
            json!({"name": "x"}),
            Some("head_sha"),
        ),
        (
            "a permission that is none",
            "POST",
            tokens,
            "",
            json!({"permissions": {"contentz": "read"}}),
            Some("contentz"),
        ),
        (
            "a body is missing",
            "POST",
            &checks,
            "",
            json!(null),
            Some("its body is missing"),
        ),
        (
            "a body where none is",
            "GET",
            "/user",
            "",
            json!({}),
            Some("it has no body"),
        ),
        (
            "a misspelt query",
            "GET",
            &reviews,
            "perpage=50",
            json!(null),
            Some("perpage"),
        ),
        (
            "a query's value",
            "GET",
            &reviews,
            "per_page=many",
            json!(null),
            Some("many"),
        ),
        (
            "another method",
            "PUT",
            &reviews,
            "",
            json!(null),
            Some("no operation"),
        ),
        (
            "another path",
            "GET",
            "/repos/octo/widgets/pull/1",
            "",
            json!(null),
            Some("no operation"),
        ),
    ] {
        let found = described.violations(&request(method, path, query, body));
        match wrong {
            None => assert_eq!(found, [""; 0], "{why}"),
            Some(wrong) => {
                assert_eq!(found.len(), 1, "{why}: {found:?}");
                assert!(found[0].contains(wrong), "{why}: {found:?}");
            }
        }
    }
}
