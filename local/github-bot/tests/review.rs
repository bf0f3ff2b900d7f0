//! `review -` and `check-settings`, as processes.

use serde_json::Value;
use std::io::Write;
use std::process::{Command, Output, Stdio};

const LEAK: &str = "\
diff --git a/app/login.py b/app/login.py
--- a/app/login.py
+++ b/app/login.py
@@ -1,2 +1,2 @@
 def login(name, db):
+    return db.execute(f\"SELECT * FROM users WHERE name = '{name}'\")
-    return None
";
const CLEAN: &str = "\
diff --git a/README.md b/README.md
--- a/README.md
+++ b/README.md
@@ -1 +1,2 @@
 # Widgets
+Turns widgets.
";

/// Runs `github-bot` with `input` on standard input, and only the given environment.
fn run(arguments: &[&str], input: &str, environment: &[(&str, &str)]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_github-bot"))
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("github-bot starts");
    // A process that ends without reading closes the pipe.
    let _ = child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(input.as_bytes());
    child.wait_with_output().expect("github-bot runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn status_tells_whether_merging_is_blocked() {
    for (why, input, status) in [
        ("a finding blocks", LEAK, 1),
        ("nothing found", CLEAN, 0),
        ("no change", "", 0),
        ("blank", "\n \n", 0),
        ("no diff", "Hello.\n", 2),
        ("not even text", "\u{fffd}\u{0}\u{1}", 2),
    ] {
        for arguments in [
            &["review", "-"][..],
            &["review", "-", "--json", "--no-model"],
        ] {
            let output = run(arguments, input, &[]);
            let errors = text(&output.stderr);
            assert_eq!(output.status.code(), Some(status), "{why}: {errors}");
        }
    }
}

#[test]
fn prints_findings_as_json_lines() {
    let output = run(&["review", "-", "--json", "--no-model"], LEAK, &[]);
    let lines = text(&output.stdout);
    let findings: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let finding = findings.first().expect("a finding");
    let fields: Vec<_> = finding.as_object().expect("an object").keys().collect();
    let expected = [
        "category",
        "confidence",
        "line",
        "message",
        "path",
        "rule",
        "severity",
    ];
    assert_eq!(fields, expected);
    assert_eq!(finding["path"], "app/login.py");
    assert_eq!(finding["line"], 2);
    assert_eq!(finding["category"], "security");
    assert_eq!(finding["severity"], "high");
    assert!(finding["confidence"].as_u64().is_some_and(|it| it <= 100));
}

#[test]
fn deployment_settings_apply() {
    let policy = [("REVIEW_POLICY", "[paths]\nexclude = [\"app/**\"]\n")];
    let output = run(&["review", "-", "--json"], LEAK, &policy);
    assert_eq!(
        (text(&output.stdout).as_str(), output.status.code()),
        ("", Some(0))
    );
    let output = run(&["review", "-"], LEAK, &policy);
    let shown = text(&output.stdout);
    assert!(
        shown.contains("not read: app/login.py (excluded by the configuration)"),
        "{shown}"
    );
    let output = run(&["review", "-"], LEAK, &[("REVIEW_POLICY", "enabled = 7")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("REVIEW_POLICY"));
}

#[test]
fn names_files_beyond_the_limits() {
    let long = "+x\n".repeat(3_000_000);
    let header = "diff --git a/long.txt b/long.txt\n--- a/long.txt\n+++ b/long.txt\n";
    let input = format!("{header}@@ -0,0 +1,3000000 @@\n{long}{LEAK}");
    let output = run(&["review", "-", "--no-model"], &input, &[]);
    let shown = text(&output.stdout);
    assert!(shown.contains("not read: long.txt (too large)"), "{shown}");
    assert_eq!(
        output.status.code(),
        Some(1),
        "the file after it is read: {shown}"
    );
}

#[test]
fn prints_findings_for_people() {
    let output = run(&["review", "-", "--no-model"], LEAK, &[]);
    insta::assert_snapshot!(text(&output.stdout), @"
    app/login.py:2  High security `sql-injection` (80% sure)
      SQL is put together from text. Pass the values as parameters (`?`, `$1`, `:name`), so that none of them can become SQL.

    1 finding, merging is blocked, 1 file read
    ");
    insta::assert_snapshot!(text(&output.stderr), @"github-bot: a finding blocks merging");
    let output = run(&["review", "-", "--no-model"], CLEAN, &[]);
    insta::assert_snapshot!(text(&output.stdout), @"Nothing found, 1 file read");
    let output = run(&["review", "-", "--no-model"], "Hello.", &[]);
    insta::assert_snapshot!(text(&output.stderr), @"github-bot: standard input is no diff: expected the output of git diff, such as git diff main | github-bot review -");
}

#[test]
fn checks_settings() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |name: &str, content: Option<&[u8]>| {
        let file = folder.path().join(name);
        if let Some(content) = content {
            std::fs::write(&file, content).expect("a file");
        }
        let output = run(&["check-settings", &file.to_string_lossy()], "", &[]);
        let shown = text(&output.stdout) + &text(&output.stderr);
        let place = folder.path().to_string_lossy().into_owned();
        (output.status.code(), shown.replace(&place, "FOLDER"))
    };
    let valid = check("valid.toml", Some(b"max_comments = 5\n"));
    assert_eq!(valid, (Some(0), "FOLDER/valid.toml: valid\n".to_owned()));
    let (status, shown) = check(
        "wrong.toml",
        Some(b"max_comments = 5000\ncolour = \"red\"\n"),
    );
    assert_eq!(status, Some(2));
    insta::assert_snapshot!(shown, @"
    github-bot: FOLDER/wrong.toml
    The settings in `.github/review-bot.toml` on the base branch are not used, because of this:

    - line 1: `max_comments` is `5000`. Write a whole number from 0 to 50.
    - line 2: `colour` is not a setting. Remove it.

    Nothing of a file is used while a part of it is wrong. Every setting is explained in `docs/configuration.md` of the bot.
    ");
    for (name, content) in [
        ("missing.toml", None),
        ("bytes.toml", Some(&b"\xff\xfe"[..])),
    ] {
        let (status, shown) = check(name, content);
        assert_eq!(status, Some(2), "{shown}");
        assert!(shown.contains(name), "{shown}");
    }
}
