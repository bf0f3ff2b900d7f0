//! Command line errors. The program names the invalid option and exits with status 2 before it
//! writes a file.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

const SECRET: (&str, &str) = ("GITHUB_WEBHOOK_SECRET", "secret");
const TOKEN: (&str, &str) = ("GITHUB_TOKEN", "token");

fn run(folder: &Path, args: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_github-bot"))
        .current_dir(folder)
        .env_clear()
        .envs(environment.iter().copied())
        .args(args)
        .output()
        .expect("github-bot runs")
}

fn files(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| {
            let entry = entry.expect("an entry");
            entry.file_name().to_string_lossy().into_owned()
        })
        .collect()
}

#[test]
fn error_names_option_before_any_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let template = local_bus::template::BUILT_IN;
    for (file, text) in [
        ("good.yaml", template.to_owned()),
        ("broken.yaml", "Resources: [".to_owned()),
        ("empty.yaml", "Resources: {}".to_owned()),
        (
            "target.yaml",
            template.replace("!GetAtt PullRequestFunction.Arn", "!GetAtt Nobody.Arn"),
        ),
        (
            "pattern.yaml",
            template.replace(
                "detail-type: [{ prefix: \"\" }]",
                "detail-type: [{ prefiks: \"\" }]",
            ),
        ),
        ("broken.json", "{".to_owned()),
        ("odd.json", r#"{"event": 5}"#.to_owned()),
        (
            "text.db",
            "This text is not a database and not an SQLite file.\n".repeat(99),
        ),
    ] {
        std::fs::write(folder.path().join(file), text).expect("it can be written");
    }
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("its address").port().to_string();
    let serve = ["--port", "0", "--host", "127.0.0.1"];
    let with = |more: &[&'static str]| [&serve, more].concat();
    let both = [SECRET, TOKEN];
    let before = files(folder.path());

    let mut told = String::new();
    for (why, args, environment) in [
        ("no arguments", vec![], &[][..]),
        ("an unknown flag", vec!["--simulat"], &[]),
        ("two things at once", vec!["--simulate", "--port", "1"], &[]),
        ("verbose without a simulation", vec!["-v"], &[]),
        ("a port beyond all ports", vec!["--port", "65536"], &[]),
        (
            "rules without an action",
            vec!["--template", "good.yaml"],
            &[],
        ),
        (
            "no such template",
            vec!["--simulate", "--template", "no.yaml"],
            &[],
        ),
        (
            "no YAML",
            vec!["--simulate", "--template", "broken.yaml"],
            &[],
        ),
        (
            "a template without rules",
            vec!["--simulate", "--template", "empty.yaml"],
            &[],
        ),
        (
            "a target that is not there",
            vec!["--simulate", "--template", "target.yaml"],
            &[],
        ),
        (
            "invalid pattern",
            vec!["--simulate", "--template", "pattern.yaml"],
            &[],
        ),
        (
            "no such sample",
            vec!["--simulate", "--events", "no.json"],
            &[],
        ),
        (
            "sample is not JSON",
            vec!["--simulate", "--events", "broken.json"],
            &[],
        ),
        (
            "a sample of something else",
            vec!["--simulate", "--events", "odd.json"],
            &[],
        ),
        (
            "state on AWS",
            with(&["--state", "dynamodb://table"]),
            &both,
        ),
        ("state nowhere", with(&["--state", "nonsense"]), &both),
        ("no secret", with(&[]), &[TOKEN]),
        (
            "an empty secret",
            with(&[]),
            &[("GITHUB_WEBHOOK_SECRET", ""), TOKEN],
        ),
        (
            "half a secret",
            with(&[]),
            &[("GITHUB_WEBHOOK_SECRET", "new,"), TOKEN],
        ),
        ("no token", with(&[]), &[SECRET]),
        (
            "no address",
            with(&[]),
            &[SECRET, TOKEN, ("GITHUB_API_URL", "github")],
        ),
        (
            "an address on this machine",
            with(&[]),
            &[SECRET, TOKEN, ("GITHUB_API_URL", "http://localhost:4010")],
        ),
        (
            "addresses of another kind",
            with(&[]),
            &[SECRET, TOKEN, ("ALLOW_ADDRESSES", "network")],
        ),
        (
            "settings with a slip of the pen",
            with(&["--dry-run"]),
            &[SECRET, TOKEN, ("REVIEW_POLICY", "\nlanguge = \"French\"")],
        ),
        ("no delivery", vec!["--simulate", "--dry-run"], &[]),
        (
            "no log filter",
            with(&[]),
            &[SECRET, TOKEN, ("RUST_LOG", "bot=loud")],
        ),
        (
            "a port in use",
            vec!["--port", &port, "--host", "127.0.0.1"],
            &both,
        ),
        ("no database", with(&["--state", "sqlite://text.db"]), &both),
        ("no dead letters", vec!["dead-letters"], &[]),
        (
            "no dead letters in another file",
            vec!["dead-letters", "--redrive", "--state", "sqlite://no.db"],
            &[],
        ),
        (
            "functions nowhere",
            vec!["bus", "--lambda", "127.0.0.1:9000"],
            &[],
        ),
        (
            "functions by another protocol",
            vec!["bus", "--lambda", "ftp://127.0.0.1"],
            &[],
        ),
        (
            "functions behind a question",
            vec!["bus", "--lambda", "http://127.0.0.1:9000/?x=1"],
            &[],
        ),
        ("a bus without a name", vec!["bus", "--bus", ""], &[]),
        (
            "a bus with a bad name",
            vec!["bus"],
            &[("EVENT_BUS_NAME", "my bus")],
        ),
        ("a bus on a port in use", vec!["bus", "--port", &port], &[]),
        (
            "a simulated GitHub on a port in use",
            vec!["github", "--port", &port],
            &[],
        ),
        (
            "deliveries without encryption",
            vec!["github", "--port", "0", "--webhook", "http://example.com/"],
            &[],
        ),
        (
            "deliveries to no URL",
            vec!["github", "--port", "0", "--webhook", "8080"],
            &[],
        ),
        (
            "bus with deliveries on AWS",
            vec!["bus", "--port", "0", "--state", "dynamodb://table"],
            &[],
        ),
    ] {
        let output = run(folder.path(), &args, environment);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{why}: {stderr}");
        assert_eq!(files(folder.path()), before, "{why}: no file is written");
        let stderr = stderr.replace(&port, "PORT");
        let stderr = ["target.yaml:", "pattern.yaml:"]
            .iter()
            .fold(stderr, |text, file| mask_line(&text, file));
        let _ = writeln!(told, "{why}:\n{}\n", stderr.trim_end());
    }
    insta::assert_snapshot!(told);
}

/// Replaces the line number after `file`: the lines of the generated template change with every
/// function.
fn mask_line(text: &str, file: &str) -> String {
    match text.split_once(file) {
        Some((before, after)) => {
            let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}{file}LINE{after}")
        }
        None => text.to_owned(),
    }
}

#[test]
fn simulation_prints_json_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(folder.path(), &["--simulate", "--json"], &[]);
    assert!(output.status.success());
    let lines: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let (last, events) = lines.split_last().expect("a last line");
    assert_eq!(last["simulated"]["failed"], 0);
    // A repeated event is the same event and keeps its id.
    let published: BTreeSet<_> = events
        .iter()
        .filter(|event| event["type"] == "agent.pr.review_published")
        .filter_map(|event| event["id"].as_str())
        .collect();
    let reviews = last["simulated"]["reviews"].as_u64().expect("a number");
    assert_eq!(
        published.len() as u64,
        reviews + 1,
        "one for each review, one for the clean change, none for the redelivery"
    );
    let outcomes: Vec<_> = events
        .iter()
        .filter_map(|event| event["handlers"].as_array())
        .flatten()
        .filter_map(|handler| handler["outcome"].as_str())
        .collect();
    insta::assert_debug_snapshot!(
        outcomes
            .iter()
            .filter(|outcome| outcome.starts_with("ignored"))
            .collect::<BTreeSet<_>>()
    );
    assert!(files(folder.path()).is_empty(), "the folder is empty");
}

#[test]
fn bus_help_lists_options() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(folder.path(), &["bus", "--help"], &[]);
    assert!(output.status.success());
    insta::assert_snapshot!(String::from_utf8(output.stdout).expect("UTF-8"));
}

#[test]
fn output_without_terminal_has_no_colours() {
    let folder = tempfile::tempdir().expect("a folder");
    for (args, environment) in [
        (vec!["--simulate"], &[][..]),
        (vec!["--simulate"], &[("NO_COLOR", "1")]),
        (vec!["rules"], &[]),
        (vec!["completions", "bash"], &[]),
    ] {
        let output = run(folder.path(), &args, environment);
        assert!(output.status.success(), "{args:?}");
        assert!(!output.stdout.is_empty(), "{args:?}");
        assert!(!output.stdout.contains(&0x1b), "{args:?}");
    }
}
