//! `review -` and `check-settings`, as processes.

use serde_json::Value;
use std::io::Write;
use std::path::Path;
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
        ("only the mention of one", "See diff --git a/x b/x.\n", 2),
        ("no hunk", "diff --git a/x b/x\nnonsense\n", 2),
        (
            "a merge",
            "diff --cc x\nindex 1,2..3\n--- a/x\n+++ b/x\n@@@ -1,1 -1,1 +1,1 @@@\n- a\n -b\n++c\n",
            2,
        ),
        (
            "a hunk that is cut off",
            "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1,9 @@\n x\n+y\n",
            2,
        ),
        (
            "a word diff",
            "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n return [-1-]{+2+}\n",
            2,
        ),
        (
            "only a binary file",
            "diff --git a/x.png b/x.png\nindex 1..2 100644\nBinary files a/x.png and b/x.png differ\n",
            0,
        ),
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
    insta::assert_snapshot!(text(&output.stderr), @"not read: app/login.py (excluded by the configuration)");
    let output = run(&["review", "-"], LEAK, &policy);
    insta::assert_snapshot!(text(&output.stdout), @"Nothing found, 0 files read, 1 not read");
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
    let shown = text(&output.stderr);
    assert!(shown.contains("not read: long.txt (too large)"), "{shown}");
    assert_eq!(
        output.status.code(),
        Some(1),
        "the file after it is read: {shown}"
    );
}

/// Runs git in `folder`, with no settings but the given ones.
fn git(folder: &Path, settings: &[&str], arguments: &[&str]) -> String {
    let settings = ["user.name=Ann", "user.email=ann@example.com"]
        .iter()
        .chain(settings)
        .flat_map(|setting| ["-c", setting]);
    let output = Command::new("git")
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(settings)
        .args(arguments)
        .output()
        .expect("git starts");
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// Creates a repository with two commits: the second adds a defect, a renamed file, a new file, a
/// deleted file, a mode and a binary file.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, content: &[u8]| {
        std::fs::write(folder.path().join(name), content).expect("a file");
    };
    let commit = |message| {
        git(folder.path(), &[], &["add", "--all"]);
        git(
            folder.path(),
            &[],
            &["commit", "--quiet", "--message", message],
        );
    };
    git(folder.path(), &[], &["init", "--quiet"]);
    std::fs::create_dir(folder.path().join("a")).expect("a folder");
    write("a/login.py", b"def login(name, db):\n    return None\n");
    write("a/old name.txt", b"Some words.\nSome more.\nAnd more.\n");
    write("gone.txt", b"gone\n");
    write("run.sh", b"true\n");
    commit("First");
    let query = "return db.execute(f\"SELECT * FROM users WHERE name = '{name}'\")   ";
    let defect = format!("def login(name, db):\n    {query}\n");
    write("a/login.py", defect.as_bytes());
    write("b name.txt", "-- \n--- a\n\u{1b}[1mdiff\n".as_bytes());
    write("picture.png", b"\x89PNG\0\0");
    std::fs::remove_file(folder.path().join("gone.txt")).expect("a file");
    let (old, new) = ("a/old name.txt", "a/n\u{e9}w.txt");
    git(folder.path(), &[], &["mv", old, new]);
    write(new, b"Some words.\nSome more.\nAnd less.\n");
    git(folder.path(), &[], &["add", "--all"]);
    git(
        folder.path(),
        &[],
        &["update-index", "--chmod=+x", "run.sh"],
    );
    let message = "Second\n\n- a list\n--- a rule\n+++ and more";
    git(
        folder.path(),
        &[],
        &["commit", "--quiet", "--message", message],
    );
    folder
}

#[test]
fn reads_git_settings_and_commands() {
    let repository = repository();
    let colour = "color.ui=always";
    for (settings, arguments) in [
        (&[][..], &["diff", "HEAD~"][..]),
        (&["diff.noprefix=true"], &["diff", "HEAD~"]),
        (&["diff.mnemonicPrefix=true"], &["diff", "HEAD~"]),
        (
            &["diff.mnemonicPrefix=true"],
            &["diff", "--cached", "HEAD~"],
        ),
        (&[colour], &["diff", "HEAD~"]),
        (
            &[colour, "diff.noprefix=true"],
            &["show", "--stat", "--patch"],
        ),
        (&["core.quotePath=false"], &["diff", "HEAD~"]),
        (&[], &["show"]),
        (&[], &["log", "--patch", "-2", "--reverse"]),
        (&[], &["format-patch", "--stdout", "--root"]),
        (&["diff.noprefix=true"], &["format-patch", "--stdout", "-1"]),
        (&[], &["diff", "--binary", "HEAD~"]),
    ] {
        let why = format!("{settings:?} {arguments:?}");
        let input = git(repository.path(), settings, arguments);
        let output = run(&["review", "-", "--json", "--no-model"], &input, &[]);
        let (found, errors) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(
            output.status.code(),
            Some(1),
            "{why}: {found}{errors}\n{input}"
        );
        let at =
            |line: &str| line.contains(r#""path":"a/login.py""#) && line.contains(r#""line":2,"#);
        assert!(found.lines().any(at), "{why}: {found}");
        let unread: Vec<_> = errors
            .lines()
            .filter(|it| it.starts_with("not read"))
            .collect();
        assert_eq!(unread, ["not read: picture.png (not text)"], "{why}");
    }
}

#[test]
fn names_unread_files() {
    let merge = "diff --cc merged.py\nindex 1,2..3\n@@@ -1,1 -1,1 +1,1 @@@\n++c\n";
    let cut = "diff --git a/cut.py b/cut.py\n--- a/cut.py\n+++ b/cut.py\n@@ -1 +1,9 @@\n x\n";
    let more =
        "diff --git a/more.py b/more.py\n--- a/more.py\n+++ b/more.py\n@@ -1 +1,2 @@\n x\n+y\n+z\n";
    let input = format!("{merge}{CLEAN}{more}{cut}");
    for arguments in [&["review", "-"][..], &["review", "-", "--json"]] {
        let output = run(arguments, &input, &[]);
        assert_eq!(output.status.code(), Some(0));
        insta::allow_duplicates! {
            insta::assert_snapshot!(text(&output.stderr), @"
            not read: more.py (its diff is malformed)
            not read: cut.py (its diff is malformed)
            not read: merged.py (its diff is malformed)
            ");
        }
    }
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
    let file = folder.path().join("organisation.toml");
    std::fs::write(&file, "[budget]\ntokens_per_repository_a_day = 5\n").expect("a file");
    for (place, status) in [
        (&[][..], 2),
        (&["--for", "repository"], 2),
        (&["--for", "organisation"], 0),
        (&["--for", "deployment"], 0),
    ] {
        let file = file.to_string_lossy();
        let output = run(&[&["check-settings", &*file], place].concat(), "", &[]);
        assert_eq!(output.status.code(), Some(status), "{place:?}");
    }
    for (name, content) in [
        ("missing.toml", None),
        ("bytes.toml", Some(&b"\xff\xfe"[..])),
    ] {
        let (status, shown) = check(name, content);
        assert_eq!(status, Some(2), "{shown}");
        assert!(shown.contains(name), "{shown}");
    }
}
