//! The `--eval` command and its errors about malformed cases.

use eval::Case;
use std::path::Path;
use std::process::{Command, Output};

fn run(folder: &Path, args: &[&str]) -> Output {
    run_with(folder, args, &[])
}

pub(super) fn run_with(folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_github-bot"))
        .current_dir(folder)
        .env_clear()
        .envs(variables.iter().copied())
        .args(args)
        .output()
        .expect("github-bot runs")
}

#[test]
fn command_measures_default_or_given_cases() {
    let folder = tempfile::tempdir().expect("a folder");
    let built_in = run(folder.path(), &["--eval"]);
    assert_eq!(built_in.status.code(), Some(0));
    let eval = concat!(env!("CARGO_MANIFEST_DIR"), "/../../eval");
    let from_disk = run(folder.path(), &["--eval", eval]);
    assert_eq!(
        built_in.stdout, from_disk.stdout,
        "the same cases, the same figures"
    );
    assert!(!built_in.stdout.contains(&0x1b), "no colours in a pipe");
    let json = run(folder.path(), &["--eval", "--json"]);
    assert!(json.stdout.starts_with(b"{"), "{json:?}");
}

#[test]
fn error_names_malformed_case() {
    const CHANGE: &str =
        "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1,2 @@\n a = 1\n+b = a\n";
    let expected = |defects: &str| {
        format!(r#"{{"about": "One.", "language": "Python", "defects": [{defects}]}}"#)
    };
    let at = |path: &str, first: u32, last: u32| {
        expected(&format!(
            r#"{{"path": "{path}", "first_line": {first}, "last_line": {last}, "category": "logic", "what": "Wrong."}}"#
        ))
    };
    let mut told = String::new();
    for (why, change, expected) in [
        ("well-formed", Some(CHANGE), Some(at("a.py", 2, 2))),
        ("no change", None, Some(expected(""))),
        ("no expected.json", Some(CHANGE), None),
        ("an empty change", Some(""), Some(expected(""))),
        ("no diff", Some("b = a\n"), Some(expected(""))),
        (
            "a hunk too short",
            Some(&CHANGE[..CHANGE.len() - 7]),
            Some(expected("")),
        ),
        ("no JSON", Some(CHANGE), Some("{".to_owned())),
        (
            "no language",
            Some(CHANGE),
            Some(r#"{"about": "One.", "defects": []}"#.to_owned()),
        ),
        (
            "an unknown field",
            Some(CHANGE),
            Some(expected(r#"{"file": "a.py"}"#)),
        ),
        (
            "no category",
            Some(CHANGE),
            Some(at("a.py", 2, 2).replace("logic", "taste")),
        ),
        (
            "no findings",
            Some(CHANGE),
            Some(at("a.py", 2, 2).replace("Wrong.", " ")),
        ),
        ("another file", Some(CHANGE), Some(at("b.py", 2, 2))),
        ("a line of context", Some(CHANGE), Some(at("a.py", 1, 2))),
        (
            "beyond the end",
            Some(CHANGE),
            Some(at("a.py", 2, u32::MAX)),
        ),
        ("backwards", Some(CHANGE), Some(at("a.py", 2, 1))),
    ] {
        let root = tempfile::tempdir().expect("a folder");
        let case = root.path().join("eval/cases/one");
        std::fs::create_dir_all(&case).expect("a folder");
        for (name, text) in [
            ("change.diff", change),
            ("expected.json", expected.as_deref()),
        ] {
            if let Some(text) = text {
                std::fs::write(case.join(name), text).expect("it can be written");
            }
        }
        let output = run(root.path(), &["--eval", "eval"]);
        let status = output.status.code().expect("it ended");
        assert_eq!(output.stdout.is_empty(), status != 0, "{why}");
        told += &format!(
            "{why}: {status} {}\n",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let error = Case::parse("eval/cases/a name", CHANGE, &expected("")).expect_err("a space");
    told += &format!("a name with a space: {error}\n");
    let root = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(root.path().join("cases")).expect("a folder");
    for (why, folder) in [("no case", "."), ("no folder", "no/such")] {
        let output = run(root.path(), &["--eval", folder]);
        let status = output.status.code().expect("it ended");
        told += &format!(
            "{why}: {status} {}\n",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    insta::assert_snapshot!(told);
}
