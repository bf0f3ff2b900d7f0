//! Creates an agent in a copy of the repository, builds it and sends it an event.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// Held by a test while it reads or changes the files of the repository.
static REPOSITORY: Mutex<()> = Mutex::new(());
/// Generated files and the new sample events. The folder of the agent comes in addition.
const MOST_OTHER_FILES: usize = 10;

/// Returns Cargo's target directory, which contains this program as `debug/deps/PROGRAM` ("Build
/// Cache", The Cargo Book).
fn target() -> PathBuf {
    let program = std::env::current_exe().expect("this program has a path");
    let target = program.ancestors().nth(3);
    target.expect("a target directory").to_owned()
}

/// Returns the texts of the repository's files by path, without build results and pending
/// snapshots.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(root).expect("a path below the root");
            let name = name.to_string_lossy().into_owned();
            if path.is_dir() {
                if !["target", ".git"].contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if !name.ends_with(".pending-snap") {
                files.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    files
}

/// Version of the copy's packages. With the same version Cargo would take the copy's build results
/// for those of the repository, because both are built in one folder.
const VERSION: &str = "0.0.0";

/// Replaces the version of the repository's packages, which have no `source` in `Cargo.lock`.
fn with_other_version(name: &str, text: Vec<u8>) -> Vec<u8> {
    let current = concat!("version = \"", env!("CARGO_PKG_VERSION"), "\"");
    let other = format!("version = \"{VERSION}\"");
    let replaced = |text: &str| text.replacen(current, &other, 1);
    let text = String::from_utf8_lossy(&text);
    let packages = text
        .split("[[package]]")
        .map(|it| match it.contains("source = ") {
            true => it.to_owned(),
            false => replaced(it),
        });
    match name {
        "Cargo.toml" => replaced(&text).into_bytes(),
        _ => packages
            .collect::<Vec<_>>()
            .join("[[package]]")
            .into_bytes(),
    }
}

/// Copies the repository. The path is the same in every run, so that Cargo reuses the build.
fn copy() -> PathBuf {
    let _held = REPOSITORY.lock().unwrap_or_else(PoisonError::into_inner);
    let copy = target().join("new-agent");
    let current: BTreeMap<_, _> = files(Path::new(ROOT))
        .into_iter()
        .map(|(name, text)| match name.as_str() {
            "Cargo.toml" | "Cargo.lock" => {
                let text = with_other_version(&name, text);
                (name, text)
            }
            _ => (name, text),
        })
        .collect();
    fs::create_dir_all(&copy).expect("a new folder");
    for name in files(&copy).keys().filter(|it| !current.contains_key(*it)) {
        let path = copy.join(name);
        fs::remove_file(&path).expect("a file of an earlier run");
        // Up to the first folder that is not empty.
        let _ = path.ancestors().skip(1).try_for_each(fs::remove_dir);
    }
    for (name, text) in current {
        let path = copy.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
        if fs::read(&path).ok().as_ref() != Some(&text) {
            fs::write(path, text).expect("a new file");
        }
    }
    copy
}

fn xtask(root: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(arguments).current_dir(root);
    command.output().expect("xtask starts")
}

fn succeeds(output: &Output) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
}

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

#[test]
fn new_agent_handles_its_event() {
    let root = copy();
    let before = files(&root);
    let options = "new agent greeter --on github.star.created --emits agent.star.greeted --queue";
    let options: Vec<_> = options.split(' ').collect();
    succeeds(&xtask(&root, &options));

    let after = files(&root);
    let changed = after
        .iter()
        .filter(|(name, text)| before.get(*name) != Some(*text));
    let others: Vec<_> = changed
        .map(|(name, _)| name.as_str())
        .filter(|name| !name.starts_with("functions/greeter/"))
        .collect();
    assert!(others.len() <= MOST_OTHER_FILES, "{others:?}");
    succeeds(&xtask(&root, &["wire", "--check"]));
    assert_eq!(files(&root), after, "a second wire changes nothing");

    let sample = root.join("target/star.json");
    let sample_text = r#"{"event": "star", "delivery": "star-1", "about": "a star", "payload": {
        "action": "created", "repository": {"full_name": "octo/widgets"}}}"#;
    fs::create_dir_all(sample.parent().expect("a folder")).expect("a new folder");
    fs::write(&sample, sample_text).expect("a new file");
    for options in OTHERS {
        let arguments = [&["new", "agent"], options].concat();
        succeeds(&xtask(&root, &arguments));
    }
    let mut simulate = cargo(&root, "run -p github-bot");
    simulate.args(["--", "--simulate", "--json", "--events"]);
    let output = simulate.arg(&sample).output().expect("cargo starts");
    succeeds(&output);
    let lines = text(&output.stdout);
    let is_handled = |line: &&str| line.contains("github.star.created") && line.contains("greeter");
    assert!(lines.lines().any(|line| is_handled(&line)), "{lines}");
    assert!(lines.contains("agent.star.greeted"), "{lines}");

    let guards = "test -p journeys --test template --test wiring";
    let agents = "test -p greeter -p tickets -p orders -p labeler -p relay";
    for command in [guards, agents] {
        let output = cargo(&root, command).output().expect("cargo starts");
        let reports = text(&output.stdout) + &text(&output.stderr);
        assert!(output.status.success(), "{command}: {reports}");
        assert!(!reports.contains("warning"), "{command}: {reports}");
    }
    // The entry points on AWS, which no test builds.
    let features = "greeter/lambda tickets/lambda orders/lambda labeler/lambda relay/lambda";
    let mut check = cargo(
        &root,
        "check -p greeter -p tickets -p orders -p labeler -p relay",
    );
    let output = check.arg("--features").arg(features).output();
    let output = output.expect("cargo starts");
    let reports = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{reports}");
    assert!(!reports.contains("warning"), "{reports}");

    let agents = OTHERS.iter().filter_map(|options| options.first());
    for agent in agents.copied().chain(["greeter"]) {
        succeeds(&xtask(&root, &["remove", "agent", agent]));
    }
    let left = files(&root);
    let changed = left
        .iter()
        .filter(|(name, text)| before.get(*name) != Some(*text));
    let changed: Vec<_> = changed.map(|(name, _)| name).collect();
    assert!(changed.is_empty(), "{changed:?}");
    assert_eq!(left.len(), before.len(), "no file is missing");
}

/// Agents beside `greeter`, which has a queue.
const OTHERS: [&[&str]; 4] = [
    &[
        "tickets",
        "--http=POST /tickets",
        "--emits=support.ticket.created",
    ],
    &[
        "orders",
        "--http=POST /orders",
        "--emits=shop.order.created",
        "--needs=state",
    ],
    &[
        "labeler",
        "--on=github.issue.opened",
        "--needs=github-write",
    ],
    &["relay", "--on=github.pr.opened", "--needs=bus"],
];

/// Returns a command of Cargo in the copy, which shares the build of the repository.
fn cargo(root: &Path, command: &str) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(command.split(' '))
        .args(["--quiet", "--locked", "--offline", "--target-dir"])
        .arg(target())
        .current_dir(root);
    for variable in [
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_PATH",
        "CARGO_PKG_NAME",
    ] {
        cargo.env_remove(variable);
    }
    cargo
}

/// Name of more than 64 characters.
const LONG: &str = "greeter-of-everybody-who-adds-a-star-to-one-of-the-repositories-today";

#[test]
fn used_agent_is_not_removed() {
    let _held = REPOSITORY.lock().unwrap_or_else(PoisonError::into_inner);
    let root = Path::new(ROOT);
    let before = files(root);
    for (name, expected) in [
        ("coordinator", "infra/base.yaml:"),
        ("gone", "functions/gone does not exist"),
    ] {
        let output = xtask(root, &["remove", "agent", name]);
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}: {errors}");
        assert!(errors.contains(expected), "{name}: {errors}");
    }
    assert!(files(root) == before, "nothing is removed");
}

#[test]
fn refused_agents_leave_nothing_behind() {
    let _held = REPOSITORY.lock().unwrap_or_else(PoisonError::into_inner);
    let root = Path::new(ROOT);
    let before = files(root);
    let cases: [(&str, &[&str], &str); 32] = [
        ("a bad name", &["Greeter", "--on=a.b"], "is not a name"),
        ("a path", &["../greeter", "--on=a.b"], "is not a name"),
        (
            "a bad pattern",
            &["greeter", "--on=a.**"],
            "is no topic pattern",
        ),
        (
            "an existing agent",
            &["style", "--on=a.b"],
            "functions/style exists",
        ),
        (
            "a taken route",
            &["greeter", "--http=POST /webhook", "--emits=a.b"],
            "--http: POST /webhook is taken by functions/webhook/function.toml:2",
        ),
        (
            "a name of a subscription",
            &["review-deadline", "--on=github.pr.opened"],
            "NAME: the subscription review-deadline is taken by functions/verdict/function.toml:8",
        ),
        (
            "a slash at the end",
            &["greeter", "--http=POST /stars/", "--emits=a.b"],
            "--http: \"POST /stars/\" ends with a slash",
        ),
        (
            "a source without topics",
            &["greeter", "--http=POST /stars"],
            "--emits",
        ),
        (
            "an unknown need",
            &["greeter", "--on=a.b", "--needs=money"],
            "possible values",
        ),
        ("no trigger", &["greeter"], "required"),
        (
            "a hyphen at the end",
            &["greeter-", "--on=a.b"],
            "NAME: \"greeter-\" is not a name",
        ),
        (
            "two hyphens",
            &["gree--ter", "--on=a.b"],
            "NAME: \"gree--ter\" is not a name",
        ),
        (
            "a keyword",
            &["match", "--on=a.b"],
            "NAME: \"match\" is a keyword",
        ),
        (
            "a crate of Rust",
            &["std", "--on=a.b"],
            "NAME: \"std\" is a name of the compiler",
        ),
        (
            "a crate for tests",
            &["test", "--on=a.b"],
            "NAME: \"test\" is a name of the compiler",
        ),
        (
            "a package",
            &["events", "--on=a.b"],
            "NAME: \"events\" is the name of a package",
        ),
        (
            "a dependency",
            &["serde-json", "--on=a.b"],
            "NAME: \"serde-json\" is the name of a package",
        ),
        (
            "an imported type",
            &["handler", "--on=a.b"],
            "NAME: the code of the agent uses another type Handler",
        ),
        (
            "another imported type",
            &["event", "--on=a.b"],
            "another type Event",
        ),
        (
            "a type of the scaffold",
            &["item", "--on=a.b"],
            "another type Item",
        ),
        ("a long name", &[LONG, "--on=a.b"], "at most 64 characters"),
        (
            "a resource of the base file",
            &["api", "--on=github.pr.opened"],
            "NAME: its resource ApiLogs is taken by infra/base.yaml",
        ),
        (
            "a topic twice",
            &["greeter", "--on=a.b", "--on=a.b"],
            "--on: a.b is listed twice",
        ),
        (
            "an emitted topic twice",
            &["greeter", "--on=a.b", "--emits=c.d", "--emits=c.d"],
            "--emits: c.d is listed twice",
        ),
        (
            "an endless loop",
            &["greeter", "--on=a.*", "--emits=a.b"],
            "--emits: a.b matches --on a.*",
        ),
        (
            "too many stars",
            &["greeter", "--on=a*a*a*a*a*a*a*a*b"],
            "--on: ",
        ),
        (
            "a queue of a source",
            &["greeter", "--http=POST /stars", "--emits=a.b", "--queue"],
            "cannot be used with",
        ),
        (
            "a need of a source",
            &[
                "greeter",
                "--http=POST /stars",
                "--emits=a.b",
                "--needs=model",
            ],
            "--needs: an agent with --http cannot need model",
        ),
        (
            "the local server's route",
            &["greeter", "--http=GET /health", "--emits=a.b"],
            "--http: the local server itself answers /health",
        ),
        (
            "a schedule of cron",
            &["greeter", "--schedule=cron(0 12 * * ? *)"],
            "--schedule: \"cron(0 12 * * ? *)\" is not a rate",
        ),
        (
            "a schedule of one time",
            &["greeter", "--schedule=at(2026-01-05T09:00:00)"],
            "cron(...) and at(...) are not supported",
        ),
        (
            "a rate of years",
            &["greeter", "--schedule=rate(366 days)"],
            "--schedule: ",
        ),
    ];
    for (why, options, expected) in cases {
        let all = [&["new", "agent"], options].concat();
        let output = xtask(root, &all);
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{why}: {errors}");
        assert!(errors.contains(expected), "{why}: {errors}");
        let new = format!("functions/{}/", options.first().unwrap_or(&""));
        let is_new = !root.join(&new).exists();
        assert!(!is_new || !errors.contains(&new), "{why}: {errors}");
    }
    // The last step fails, after all files are written.
    let mut without_cargo = Command::new(env!("CARGO_BIN_EXE_xtask"));
    without_cargo.args(["new", "agent", "greeter", "--on=github.pr.opened"]);
    let output = without_cargo.current_dir(root).env("PATH", "").output();
    let output = output.expect("xtask starts");
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(files(root) == before, "nothing is written");
}
