//! Manifests, a base file and a repository for the tests.

use std::fs;
use std::path::{Path, PathBuf};
use xtask::manifest::{conflicts, parse};
use xtask::template;

pub(crate) const BASE: &str = r#"Parameters:
  Pause:
    Type: Number
    MinValue: 0
    MaxValue: 900
  SpecialistConcurrency:
    Type: Number
    AllowedValues: [2, 5, 1000]
  Level:
    Type: String
    MaxLength: 16
    AllowedPattern: "[a-z]+"
  KeyName:
    Type: String
    MaxLength: 256
    AllowedPattern: "[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*"
Conditions:
  HasPause: !Not [!Equals [!Ref Pause, "0"]]
Resources:
  ApiLogs:
    Type: AWS::Logs::LogGroup
  Bus:
    Type: AWS::Events::EventBus
  DeadLetters:
    Type: AWS::SQS::Queue
"#;
pub(crate) const GOOD: &str = r#"description = "Counts events"
timeout = 30
sample = "bus/github.pr.opened.json"
emits = ["agent.count.changed"]

[[subscribe]]
topics = ["github.pr.*"]
invoke = "queue"
delay = "Pause"

[needs]
bus = true
"#;
pub(crate) const SOURCE: &str = r#"description = "Receives orders"
http = "POST /orders"
sample = "http/orders.json"
emits = ["shop.order.created"]

[needs]
bus = true
"#;
const CARGO: &str = "[package]\nname = \"count\"\n";
const LOCK: &str = r#"[[package]]
name = "count"

[[package]]
name = "serde_json"
source = "registry"
"#;

/// Asserts that `new` in place of `old` is refused with a text that begins with `expected`.
pub(crate) fn refuses(good: &str, why: &str, old: &str, new: &str, expected: &str) {
    let text = good.replacen(old, new, 1);
    assert_ne!(text, good, "{why}");
    let problems = parse("count", &text, BASE).expect_err(why);
    let expected = format!("functions/count/function.toml:{expected}");
    let first = problems.first().expect("a problem").to_string();
    assert!(first.starts_with(&expected), "{why}: {first}");
}

/// Returns the conflicts of functions by name and manifest, with those of their resources.
pub(crate) fn found(functions: &[(&str, &str)]) -> Vec<String> {
    let parsed = functions.iter().map(|(name, text)| parse(name, text, BASE));
    let parsed: Vec<_> = parsed.map(|it| it.expect("a manifest")).collect();
    let problems = conflicts(&parsed).into_iter();
    let problems = problems.chain(template::conflicts(BASE, &parsed));
    problems.map(|it| it.to_string()).collect()
}

/// Creates a repository with the function `count` in a folder of its own.
pub(crate) fn repository(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&root);
    let sample = r#"{"detail-type": "github.pr.opened", "detail": {}}"#;
    let common = [
        ("infra/base.yaml", BASE),
        ("Cargo.lock", LOCK),
        ("functions/count/Cargo.toml", CARGO),
        ("functions/count/function.toml", GOOD),
        ("events/bus/github.pr.opened.json", sample),
        ("events/http/orders.json", r#"{"routeKey": "POST /other"}"#),
    ];
    for (path, text) in common.iter().chain(files) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
        fs::write(path, text).expect("a new file");
    }
    root
}
