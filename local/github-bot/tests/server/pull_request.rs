//! `review OWNER/REPO#7` against the simulated GitHub.

use crate::child::GitHub;
use fake_github::NewPullRequest;
use github::PrKey;
use github::port::ReviewEvent;
use serde_json::Value;
use std::process::{Command, Output};

/// Runs `github-bot review` with `arguments` in an empty folder.
fn review(github: &GitHub, token: Option<&str>, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_github-bot"));
    command
        .current_dir(folder.path())
        .env_clear()
        .env("GITHUB_API_URL", &github.url)
        .env("ALLOW_ADDRESSES", "loopback");
    if let Some(token) = token {
        command.env("GITHUB_TOKEN", token);
    }
    let output = command.arg("review").args(arguments).output();
    let mut files = std::fs::read_dir(folder.path()).expect("a folder");
    assert!(files.next().is_none(), "{arguments:?}: a file is written");
    output.expect("github-bot runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn opened() -> (GitHub, PrKey) {
    let github = GitHub::start();
    let pr = github.open().pr.expect("a pull request");
    (github, pr)
}

#[test]
fn prints_findings_without_posting() {
    let (github, pr) = opened();
    let token = github.world.token();
    let output = review(&github, Some(&token), &[&pr.to_string()]);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    insta::assert_snapshot!(text(&output.stdout));
    insta::assert_snapshot!(errors, @"github-bot: a finding blocks merging");

    let output = review(
        &github,
        Some(&token),
        &[&pr.to_string(), "--json", "--no-model"],
    );
    let findings = text(&output.stdout);
    let finding: Value = serde_json::from_str(&findings).expect("one finding");
    assert_eq!(finding["path"], "shop/orders.py");
    assert_eq!(finding["line"], 4);

    let calls = github.world.requests();
    assert!(calls.iter().all(|it| it.method == "GET"), "{calls:#?}");
}

#[test]
fn post_publishes_review_once() {
    let (github, pr) = opened();
    let token = github.world.token();
    for why in ["first", "again"] {
        let output = review(&github, Some(&token), &[&pr.to_string(), "--post"]);
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{why}: {errors}");
        assert!(
            errors.contains(&format!("posted on {pr}\n")),
            "{why}: {errors}"
        );
        assert!(text(&output.stdout).contains("shop/orders.py:4"), "{why}");
        let reviews = github.world.bot_reviews(&pr);
        assert_eq!(reviews.len(), 1, "{why}: {reviews:#?}");
        assert_eq!(reviews[0].event, ReviewEvent::RequestChanges, "{why}");
        assert_eq!(reviews[0].comments.len(), 1, "{why}");
        assert!(github.world.comments(&pr).len() <= 1, "{why}");
    }
}

#[test]
fn settings_of_base_branch_apply() {
    let (github, pr) = opened();
    let token = github.world.token();
    let settings = |text: &str| {
        let file = ".github/review-bot.toml";
        github.world.put_file(&pr.repo, "main", file, text);
    };
    settings("[paths]\nexclude = [\"shop/**\"]\n");
    let output = review(&github, Some(&token), &[&pr.to_string()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    insta::assert_snapshot!(text(&output.stdout), @"Nothing found, 0 files read, 1 not read");

    settings("publish = false\n");
    let output = review(&github, Some(&token), &[&pr.to_string(), "--post"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(text(&output.stderr), @"github-bot: the review of octo/widgets#1 is not posted: the settings disable it with publish = false");

    settings("enabled = false\n");
    let output = review(&github, Some(&token), &[&pr.to_string()]);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!(text(&output.stdout), @"octo/widgets#1 is not reviewed: Reviews are switched off here.");
    assert_eq!(github.world.writes(), []);
}

#[test]
fn names_invalid_input() {
    let (github, pr) = opened();
    let closed = github.world.open_pull_request(NewPullRequest::default());
    let closed = closed.pr.expect("a pull request");
    github.world.close(&closed);
    let token = github.world.token();
    let (valid, closed) = (pr.to_string(), closed.to_string());
    let mut shown = String::new();
    for (why, token, arguments) in [
        ("no such number", Some(&*token), &["octo/widgets#99"][..]),
        ("no such repository", Some(&token), &["octo/nothing#1"]),
        ("no credentials", None, &[&valid]),
        ("another token", Some("stolen"), &[&valid]),
        ("closed", Some(&token), &[&closed, "--post"]),
        ("no pull request", Some(&token), &["octo/widgets"]),
        ("post of a diff", Some(&token), &["-", "--post"]),
    ] {
        let output = review(&github, token, arguments);
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{why}: {errors}");
        shown += &format!("{why}:\n{}\n\n", errors.trim_end());
    }
    insta::assert_snapshot!(shown);
    assert_eq!(github.world.writes(), []);

    let output = review(&github, Some(&token), &[&closed]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}
