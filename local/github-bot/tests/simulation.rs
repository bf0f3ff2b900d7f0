//! Output of `--simulate` and `rules`.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// Runs `github-bot` in this folder, with only the given environment.
    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_github-bot"))
            .args(arguments)
            .current_dir(self.0.path())
            .env_clear()
            .envs(environment.iter().copied())
            .output()
            .expect("github-bot runs")
    }
}

/// Returns the lines of `--simulate --json`.
fn simulated() -> Vec<Value> {
    let output = Folder::new().run(&["--simulate", "--json"], &[]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn simulation_covers_expected_events() {
    let lines = simulated();
    let (counts, events) = lines.split_last().expect("lines");
    let counted = |name: &str| {
        counts
            .pointer(&format!("/simulated/{name}"))
            .and_then(Value::as_u64)
    };
    assert_eq!(counted("failed"), Some(0));
    assert_eq!(
        counted("reviews"),
        Some(3),
        "with findings, the newest head, and after a second push"
    );
    let events: Vec<_> = events
        .iter()
        .filter(|line| line.get("id").is_some())
        .collect();
    let mut ids: Vec<_> = events.iter().map(|event| event["id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(counted("events"), Some(ids.len() as u64));
    for event in &events {
        for name in ["id", "type", "correlationid"] {
            assert!(event[name].is_string(), "{name} of {event}");
        }
        for handler in event["handlers"].as_array().expect("handlers") {
            assert!(
                handler["attempts"].is_u64() && handler["latency_ms"].is_f64(),
                "{handler}"
            );
        }
    }
    let outcomes = |topic: &str, pr: &str| -> String {
        let about = events
            .iter()
            .filter(|event| event["type"] == topic && event["subject"] == pr);
        let handlers = about
            .filter_map(|event| event["handlers"].as_array())
            .flatten();
        handlers
            .filter_map(|handler| handler["outcome"].as_str())
            .collect::<Vec<_>>()
            .join("; ")
    };
    assert!(
        outcomes("agent.pr.block", "acme/shop#7").contains("the verdict contains"),
        "findings"
    );
    assert!(
        outcomes("agent.pr.review_published", "acme/shop#8").contains("applied"),
        "clean"
    );
    assert!(
        outcomes("agent.pr.review_skipped", "acme/shop#9").contains("applied"),
        "a bot's"
    );
    assert!(
        outcomes("agent.pr.review_begun", "acme/shop#10").contains("superseded by"),
        "a push"
    );
    assert!(
        outcomes("agent.pr.review_completed", "acme/shop#7").contains("repeated"),
        "a redelivery"
    );
}

#[test]
fn prints_github_pages_without_colours() {
    let output = Folder::new().run(&["--simulate"], &[]);
    insta::assert_snapshot!(String::from_utf8(output.stdout).expect("UTF-8"));
}

#[test]
fn readme_shows_printed_text() {
    let output = Folder::new().run(&["--simulate"], &[]);
    let shown = String::from_utf8(output.stdout).expect("UTF-8");
    let begin = shown.find("acme/shop#10 Remember").expect("a page");
    let length = shown[begin..].find("Open: 1 low\n").expect("its check");
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(readme).expect("the README");
    let page = &shown[begin..begin + length];
    assert!(readme.contains(page), "README.md, Try it: {page}");
}

#[test]
fn text_fits_terminal() {
    for columns in ["80", "100", "140"] {
        let output = Folder::new().run(&["--simulate"], &[("COLUMNS", columns)]);
        let shown = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(shown.lines().count() <= 80, "{columns} columns: {shown}");
        let width: usize = columns.parse().expect("a number");
        let wide: Vec<_> = shown
            .lines()
            .filter(|line| line.chars().count() > width)
            .collect();
        assert!(wide.is_empty(), "{columns} columns: {wide:#?}");
    }
}

#[test]
fn text_names_unreadable_change() {
    let folder = Folder::new();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/simulation");
    let sample = std::fs::read_to_string(samples.join("20-clean.json")).expect("a sample");
    let mut sample: Value = serde_json::from_str(&sample).expect("JSON");
    sample["diff"] = Value::Null;
    std::fs::write(folder.0.path().join("sample.json"), sample.to_string()).expect("written");
    let output = folder.run(&["--simulate", "--events", "sample.json"], &[]);
    assert_eq!(output.status.code(), Some(0));
    let shown = String::from_utf8_lossy(&output.stdout);
    let result = "acme/shop#8  no review  check neutral: The change could not be read\n";
    assert!(shown.contains(result), "{shown}");
    assert!(shown.contains("Nothing read: GitHub has"), "{shown}");
}

#[test]
fn verbose_text_has_events_and_state() {
    let output = Folder::new().run(&["--simulate", "-v"], &[]);
    let shown = String::from_utf8(output.stdout).expect("UTF-8");
    let place = |text: &str| {
        shown
            .find(text)
            .unwrap_or_else(|| panic!("{text}: {shown}"))
    };
    let places = [
        place("Review of 7a10000 by review-bot[bot]: changes requested, later dismissed"),
        place("│   • shop/payments.py:13 Medium This error is swallowed."),
        place("\nEvents\n"),
        place("agent.pr.review_requested acme/shop#7, 09:00:00\n"),
        place("\nState\n"),
        place("review:acme/shop#9@9c30000 version 1 · skipped: bot\n"),
        place("60 events, 3 reviews, 0 failed\n"),
    ];
    assert!(places.is_sorted(), "{places:?}: {shown}");
    assert!(!shown.contains("shown with -v"), "{shown}");
}

/// Returns a pull request of the JSON lines: lists of objects by their number, commits shortened.
fn summary(page: &Value) -> String {
    let value = |value: &Value| match (value.as_array(), value.as_str()) {
        (Some(list), _) => list.len().to_string(),
        (None, Some(text)) if text.len() == 40 => text[..7].to_owned(),
        (None, Some(text)) => text.to_owned(),
        (None, None) => value.to_string(),
    };
    let mut lines = Vec::new();
    let mut line = |of: &Value, names: &[&str]| {
        let each = names
            .iter()
            .map(|name| format!("{name}={}", value(&of[name])));
        lines.push(each.collect::<Vec<_>>().join(" "));
    };
    line(page, &["repository", "number", "head", "base", "comments"]);
    line(&page["verdict"], &["decision", "findings"]);
    for review in page["reviews"].as_array().expect("a list") {
        line(review, &["id", "commit", "state", "comments"]);
    }
    for check in page["checks"].as_array().expect("a list") {
        line(check, &["commit", "status", "conclusion", "title"]);
    }
    lines.join("\n  ")
}

#[test]
fn json_has_pull_requests() {
    let lines = simulated();
    let (_, lines) = lines.split_last().expect("lines");
    let pages: Vec<_> = lines
        .iter()
        .filter_map(|line| line.get("pull_request"))
        .collect();
    let shown: Vec<_> = pages.iter().map(|page| summary(page)).collect();
    insta::assert_snapshot!(shown.join("\n"));
    let position = lines
        .iter()
        .position(|line| line.get("pull_request").is_some());
    assert_eq!(
        position,
        Some(lines.len() - pages.len()),
        "after the events"
    );
}

#[test]
fn plays_samples_from_folder() {
    let folder = Folder::new();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/simulation");
    for name in ["20-clean.json", "20-clean.diff"] {
        std::fs::copy(samples.join(name), folder.0.path().join(name)).expect("copied");
    }
    for path in ["20-clean.json", "."] {
        let output = folder.run(&["--simulate", "--events", path], &[]);
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(shown.contains("0 reviews, 0 failed\n"), "{path}: {shown}");
    }
}

#[test]
fn prints_routing_table() {
    let folder = Folder::new();
    let rules = folder.run(&["rules"], &[]);
    assert!(rules.status.success());
    insta::assert_snapshot!(String::from_utf8_lossy(&rules.stdout), @"
    EVENT                           RULE                FUNCTION      VIA
    agent.pr.block                  PublisherRule       publisher     10 tries, 180 s apart
                                    RecorderRule        recorder      3 tries
    agent.pr.check_completed        VerdictRule         verdict       3 tries
                                    RecorderRule        recorder      3 tries
    agent.pr.logic_check            LogicRule           logic         10 tries, 540 s apart
                                    RecorderRule        recorder      3 tries
    agent.pr.review_begun           ReviewDeadlineRule  verdict       after 720 s, 10 tries, 180 s apart
                                    PublisherRule       publisher     10 tries, 180 s apart
                                    RecorderRule        recorder      3 tries
    agent.pr.review_completed       PublisherRule       publisher     10 tries, 180 s apart
                                    RecorderRule        recorder      3 tries
    agent.pr.review_dropped         PublisherRule       publisher     10 tries, 180 s apart
                                    RecorderRule        recorder      3 tries
    agent.pr.review_published       PullRequestRule     pull-request  3 tries
                                    PublisherRule       publisher     10 tries, 180 s apart
                                    RecorderRule        recorder      3 tries
    agent.pr.review_recorded        RecorderRule        recorder      3 tries
    agent.pr.review_requested       CoordinatorRule     coordinator   10 tries, 180 s apart
                                    RecorderRule        recorder      3 tries
    agent.pr.review_skipped         PublisherRule       publisher     10 tries, 180 s apart
                                    RecorderRule        recorder      3 tries
    agent.pr.second_look_completed  VerdictRule         verdict       3 tries
                                    RecorderRule        recorder      3 tries
    agent.pr.second_look_requested  SecondLookRule      second-look   10 tries, 540 s apart
                                    RecorderRule        recorder      3 tries
    agent.pr.security_check         SecurityRule        security      10 tries, 540 s apart
                                    RecorderRule        recorder      3 tries
    agent.pr.style_check            StyleRule           style         10 tries, 540 s apart
                                    RecorderRule        recorder      3 tries
    github.check_suite.completed    PublisherRule       publisher     10 tries, 180 s apart
                                    RecorderRule        recorder      3 tries
    github.issue.opened             RecorderRule        recorder      3 tries
    github.pr.closed                PullRequestRule     pull-request  3 tries
                                    RecorderRule        recorder      3 tries
    github.pr.comment.created       RecorderRule        recorder      3 tries
    github.pr.converted_to_draft    PullRequestRule     pull-request  3 tries
                                    RecorderRule        recorder      3 tries
    github.pr.edited                PullRequestRule     pull-request  3 tries
                                    RecorderRule        recorder      3 tries
    github.pr.labeled               PullRequestRule     pull-request  3 tries
                                    RecorderRule        recorder      3 tries
    github.pr.opened                PullRequestRule     pull-request  3 tries
                                    RecorderRule        recorder      3 tries
    github.pr.ready_for_review      PullRequestRule     pull-request  3 tries
                                    RecorderRule        recorder      3 tries
    github.pr.reopened              PullRequestRule     pull-request  3 tries
                                    RecorderRule        recorder      3 tries
    github.pr.synchronize           PullRequestRule     pull-request  3 tries
                                    RecorderRule        recorder      3 tries
    github.pr.unlabeled             PullRequestRule     pull-request  3 tries
                                    RecorderRule        recorder      3 tries
    github.status                   PublisherRule       publisher     10 tries, 180 s apart
                                    RecorderRule        recorder      3 tries
    ");
}
