//! Refusals of bad manifests, by file and line.

use std::fs;
use std::path::{Path, PathBuf};
use xtask::manifest::{Setting, conflicts, parse};
use xtask::{template, wire};

const BASE: &str = r#"Parameters:
  Pause:
    Type: Number
  SpecialistConcurrency:
    Type: Number
  Level:
    Type: String
  KeyName:
    Type: String
    AllowedPattern: "[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*"
Conditions:
  HasPause: !Not [!Equals [!Ref Pause, "0"]]
Resources:
  ApiLogs:
    Type: AWS::Logs::LogGroup
"#;
const GOOD: &str = r#"description = "Counts events"
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
const SOURCE: &str = r#"description = "Receives orders"
http = "POST /orders"
sample = "http/orders.json"
emits = ["shop.order.created"]

[needs]
bus = true
"#;

/// Asserts that `new` in place of `old` is refused with a text that begins with `expected`.
fn refuses(good: &str, why: &str, old: &str, new: &str, expected: &str) {
    let text = good.replacen(old, new, 1);
    assert_ne!(text, good, "{why}");
    let problems = parse("count", &text, BASE).expect_err(why);
    let expected = format!("functions/count/function.toml:{expected}");
    let first = problems.first().expect("a problem").to_string();
    assert!(first.starts_with(&expected), "{why}: {first}");
}

#[test]
fn refuses_bad_manifests_by_line() {
    assert!(parse("count", GOOD, BASE).is_ok());
    for (why, old, new, expected) in [
        (
            "an unknown key",
            "timeout",
            "time_out",
            "2: unknown field `time_out`",
        ),
        (
            "an unknown need",
            "bus =",
            "buzz =",
            "12: unknown field `buzz`",
        ),
        (
            "an unknown way",
            "\"queue\"",
            "\"pigeon\"",
            "8: unknown variant `pigeon`",
        ),
        (
            "two stars",
            "github.pr.*",
            "github.**",
            "7: \"github.**\" is no topic pattern",
        ),
        ("too many stars", "github.pr.*", "a*a*a*a*a*a*a*a*b", "7: "),
        (
            "upper case",
            "agent.count.changed",
            "Agent",
            "4: \"Agent\" is no topic pattern",
        ),
        (
            "no such parameter",
            "\"Pause\"",
            "\"Rest\"",
            "9: infra/base.yaml has no parameter",
        ),
        (
            "a delay over 900 s",
            "\"Pause\"",
            "901",
            "9: delay must be 0 to 900, not 901",
        ),
        (
            "a timeout of Lambda's",
            "30",
            "901",
            "2: timeout must be 1 to 900, not 901",
        ),
        (
            "a delay without a queue",
            "\"queue\"",
            "\"rule\"",
            "9: delay and concurrency need",
        ),
        (
            "an operator of AWS",
            "delay = \"Pause\"",
            "filter = { data = { n = [{ about = 1 }] } }",
            "9: Event pattern is not valid. Reason: Unrecognized match type about",
        ),
        (
            "a route and a rule",
            "timeout = 30",
            "http = \"POST /count\"",
            "2: http excludes",
        ),
        ("no TOML", "timeout = 30", "timeout =", "2: "),
        (
            "a schedule",
            "timeout = 30",
            "schedule = \"daily\"",
            "2: \"daily\" is not a rate",
        ),
    ] {
        refuses(GOOD, why, old, new, expected);
    }
}

#[test]
fn refuses_bad_values_by_line() {
    for (why, old, new, expected) in [
        ("two lines", "Counts", "Counts\\n", "1: description must be"),
        (
            "no description",
            "Counts events",
            " ",
            "1: description must be",
        ),
        (
            "a delay of a text",
            "\"Pause\"",
            "\"Level\"",
            "9: the parameter Level is not a number",
        ),
        (
            "a negative delay",
            "\"Pause\"",
            "-5",
            "9: expected a whole number, or the name of",
        ),
        (
            "a delay of a list",
            "\"Pause\"",
            "[5]",
            "9: expected a whole number, or the name of",
        ),
        (
            "a bad source",
            "delay",
            "source = \"My queue\"\ndelay",
            "9: \"My queue\" is not a name of an event source",
        ),
        (
            "a topic twice",
            "[\"github.pr.*\"]",
            "[\"a.b\",\n\"a.b\"]",
            "8: topics has \"a.b\" twice",
        ),
        (
            "an emitted topic twice",
            "[\"agent.count.changed\"]",
            "[\"a.b\", \"a.b\"]",
            "4: emits has \"a.b\" twice",
        ),
        (
            "no bus",
            "bus = true",
            "clock = true",
            "4: emits needs bus = true",
        ),
        (
            "both rights",
            "bus = true",
            "bus = true\ngithub-read = true\ngithub-write = true",
            "13: github-write includes github-read",
        ),
        (
            "no kinds",
            "bus = true",
            "bus = true\nstate = {}",
            "13: state has no kinds",
        ),
        (
            "a bad kind",
            "bus = true",
            "bus = true\nstate = { write = [\"a:b\"] }",
            "13: \"a:b\" is not a kind",
        ),
        (
            "a kind twice",
            "bus = true",
            "bus = true\nstate = { write = [\"a\", \"a\"] }",
            "13: write has \"a\" twice",
        ),
        (
            "a sample elsewhere",
            "bus/github",
            "../bus/github",
            "3: \"../bus/github.pr.opened.json\" is not a path",
        ),
        (
            "an absolute sample",
            "bus/github",
            "/bus/github",
            "3: \"/bus/github.pr.opened.json\" is not a path",
        ),
        (
            "a bad variable",
            "timeout = 30",
            "environment = { level = \"Level\" }",
            "2: \"level\" is not a name of a variable",
        ),
        (
            "a variable of Lambda",
            "timeout = 30",
            "environment = { AWS_REGION = \"Level\" }",
            "2: Lambda reserves AWS_REGION",
        ),
        (
            "a variable of wire",
            "timeout = 30",
            "environment = { STATE_URL = \"Level\" }",
            "2: STATE_URL is set by",
        ),
        (
            "a secret in the environment",
            "timeout = 30",
            "environment = { A_KEY = \"Level\" }",
            "2: A_KEY holds a secret",
        ),
        (
            "a bad secret",
            "bus = true",
            "bus = true\nsecrets = { a_KEY = \"KeyName\" }",
            "13: \"a_KEY\" is not a name",
        ),
        (
            "a secret of Lambda",
            "bus = true",
            "bus = true\nsecrets = { AWS_KEY = \"KeyName\" }",
            "13: Lambda reserves AWS_KEY",
        ),
        (
            "a secret of wire",
            "bus = true",
            "bus = true\nsecrets = { GITHUB_TOKEN = \"KeyName\" }",
            "13: GITHUB_TOKEN is set by",
        ),
        (
            "another ending",
            "bus = true",
            "bus = true\nsecrets = { A_WORD = \"KeyName\" }",
            "13: A_WORD must end in",
        ),
        (
            "two secrets of one name",
            "bus = true",
            "bus = true\nsecrets = { A_KEY = \"KeyName\", B_KEY = \"KeyName\" }",
            "13: secrets has \"KeyName\" twice",
        ),
        (
            "a parameter without a secret",
            "bus = true",
            "bus = true\nsecrets = { A_KEY = \"Level\" }",
            "13: the parameter Level is not a name of a secret",
        ),
        (
            "a schedule of cron",
            "timeout = 30",
            "schedule = \"cron(0 12 * * ? *)\"",
            "2: \"cron(0 12 * * ? *)\" is not a rate",
        ),
        (
            "a rate of years",
            "timeout = 30",
            "schedule = \"rate(366 days)\"",
            "2: \"rate(366 days)\" is not a rate",
        ),
        (
            "required without http",
            "timeout = 30",
            "required = true",
            "2: required needs http",
        ),
        (
            "no condition",
            "timeout = 30",
            "reserved-concurrency = \"SpecialistConcurrency\"",
            "2: infra/base.yaml has no condition HasSpecialistConcurrency",
        ),
        (
            "two queues",
            "[needs]",
            "[[subscribe]]\nname = \"b\"\ntopics = [\"a.b\"]\ninvoke = \"queue\"\n\n[needs]",
            "11: a function has at most one queue",
        ),
    ] {
        refuses(GOOD, why, old, new, expected);
    }
    let long = "a".repeat(65);
    let name = format!("name = \"{long}\"\ntopics");
    refuses(GOOD, "a long name", "topics", &name, "7: \"aaaa");
    assert!(parse(&long, GOOD, BASE).is_err(), "a long folder");
    for name in ["count-", "a--b", "-a"] {
        assert!(parse(name, GOOD, BASE).is_err(), "{name}");
    }
}

#[test]
fn refuses_patterns_that_eventbridge_refuses() {
    let list = |topics: Vec<String>| format!("topics = {topics:?}");
    let wildcards: Vec<String> = ('a'..='p').map(|it| format!("{it}*a*a*b*a*a")).collect();
    for wildcard in &wildcards {
        let text = GOOD.replace("github.pr.*", wildcard);
        assert!(parse("count", &text, BASE).is_ok(), "{wildcard} alone");
    }
    let complex = list(wildcards);
    let long = list(
        (0..200)
            .map(|it| format!("agent.topic.number-{it}"))
            .collect(),
    );
    let old = "topics = [\"github.pr.*\"]";
    refuses(
        GOOD,
        "complex together",
        old,
        &complex,
        "7: Event pattern is not valid. Reason: Rule is too complex",
    );
    refuses(GOOD, "too long", old, &long, "7: the event pattern has");
}

#[test]
fn refuses_bad_sources_by_line() {
    assert!(parse("orders", SOURCE, BASE).is_ok());
    for (why, old, new, expected) in [
        (
            "the local server's route",
            "POST /orders",
            "GET /health",
            "2: the local server itself",
        ),
        (
            "a need of GitHub",
            "bus = true",
            "bus = true\ngithub-read = true",
            "8: a function with http cannot need github-read",
        ),
        (
            "a need of the model",
            "bus = true",
            "bus = true\nmodel = true",
            "8: a function with http cannot need model",
        ),
        ("no bus", "bus = true", "clock = true", "2: http needs bus"),
        ("no topics", "emits", "# emits", "2: http needs emits"),
    ] {
        refuses(SOURCE, why, old, new, expected);
    }
    let state = "bus = true\nstate = { write = [\"text\"] }";
    let with_state = SOURCE.replace("bus = true", state);
    assert!(parse("orders", &with_state, BASE).is_ok());
}

/// Returns the conflicts of functions by name and manifest, with those of their resources.
fn found(functions: &[(&str, &str)]) -> Vec<String> {
    let parsed = functions.iter().map(|(name, text)| parse(name, text, BASE));
    let parsed: Vec<_> = parsed.map(|it| it.expect("a manifest")).collect();
    let problems = conflicts(&parsed).into_iter();
    let problems = problems.chain(template::conflicts(BASE, &parsed));
    problems.map(|it| it.to_string()).collect()
}

#[test]
fn refuses_resources_of_one_name() {
    let resource = "its resource";
    let secret = "bus = true\nsecrets = { A_KEY = \"ApiLogs\" }";
    let with_secret = GOOD.replace("bus = true", secret);
    for (why, functions, expected) in [
        (
            "a digit after a hyphen",
            [("review-2", GOOD), ("review2", GOOD)],
            "functions/review2/function.toml:1: its resource Review2Rule is taken by \
             functions/review-2/function.toml",
        ),
        (
            "a resource of the base file",
            [("other", GOOD), ("api", GOOD)],
            "functions/api/function.toml:1: its resource ApiLogs is taken by infra/base.yaml:14",
        ),
        (
            "a parameter",
            [("other", GOOD), ("third", &with_secret)],
            "functions/third/function.toml:1: its parameter ApiLogs is taken by infra/base.yaml:14",
        ),
        (
            "a schedule",
            [
                ("foo", "description = \"a\"\nschedule = \"rate(1 hour)\"\n"),
                ("foo-schedule", GOOD),
            ],
            "functions/foo-schedule/function.toml:6: the subscription foo-schedule is taken by \
             functions/foo/function.toml:2",
        ),
    ] {
        let found = found(&functions);
        assert_eq!(found.first().map(String::as_str), Some(expected), "{why}");
    }
    assert!(!found(&[("a", GOOD)]).iter().any(|it| it.contains(resource)));
}

#[test]
fn refuses_kinds_that_no_function_writes() {
    let reader = GOOD.replace("bus = true", "bus = true\nstate = { read = [\"note\"] }");
    let writer = GOOD.replace("bus = true", "bus = true\nstate = { write = [\"note\"] }");
    let expected = "functions/a/function.toml:13: no function writes \"note\" items";
    assert_eq!(found(&[("a", &reader)]), [expected]);
    assert_eq!(
        found(&[("a", &reader), ("b", &writer)]),
        Vec::<String>::new()
    );
}

/// Creates a repository with the function `count` in a folder of its own.
fn repository(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&root);
    let sample = r#"{"detail-type": "github.pr.opened", "detail": {}}"#;
    let common = [
        ("infra/base.yaml", BASE),
        ("functions/count/Cargo.toml", ""),
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

#[test]
fn refuses_missing_and_unrelated_files() {
    let root = repository("good", &[]);
    assert!(
        wire::functions(&root).is_ok(),
        "{:?}",
        wire::functions(&root)
    );
    let other = GOOD.replace("github.pr.*", "github.issue.*");
    let missing = GOOD.replace("github.pr.opened.json", "github.pr.gone.json");
    let exact = GOOD.replace("sample = \"bus/github.pr.opened.json\"\n", "");
    let exact = exact.replace("github.pr.*", "github.pr.gone");
    for (name, path, text, expected) in [
        (
            "no-cargo",
            "functions/other/function.toml",
            GOOD,
            "functions/other/function.toml:1: functions/other/Cargo.toml does not exist",
        ),
        (
            "unmatched",
            "functions/count/function.toml",
            &other,
            "functions/count/function.toml:3: no subscription matches the sample \
             events/bus/github.pr.opened.json",
        ),
        (
            "missing",
            "functions/count/function.toml",
            &missing,
            "functions/count/function.toml:3: events/bus/github.pr.gone.json does not exist",
        ),
        (
            "default",
            "functions/count/function.toml",
            &exact,
            "functions/count/function.toml:6: events/bus/github.pr.gone.json does not exist",
        ),
        (
            "route",
            "functions/count/function.toml",
            SOURCE,
            "functions/count/function.toml:3: the sample events/http/orders.json has the route \
             \"POST /other\", not \"POST /orders\"",
        ),
    ] {
        let root = repository(name, &[(path, text)]);
        let problems = wire::functions(&root).expect_err(name);
        let found: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(found, [expected], "{name}");
    }
}

#[test]
fn queue_without_limit_gets_default() {
    let function = parse("count", GOOD, BASE).expect("a manifest");
    let limit = function.queue().and_then(|it| it.concurrency.clone());
    let expected = Setting::Parameter("SpecialistConcurrency".to_owned());
    assert_eq!(limit, Some(expected));
}

#[test]
fn refuses_two_functions_per_route() {
    let parsed = ["front", "back"].map(|name| parse(name, SOURCE, BASE).expect("a manifest"));
    let found: Vec<_> = conflicts(&parsed).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "functions/back/function.toml:2: POST /orders is taken by functions/front/function.toml:2"
        ]
    );
}
