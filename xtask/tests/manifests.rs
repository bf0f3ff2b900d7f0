//! Refusals of bad manifests, by file and line.

use xtask::manifest::{Setting, conflicts, parse};

const BASE: &str = "Parameters:\n  Pause:\n    Type: Number\n  SpecialistConcurrency:\n    Type: Number\nConditions:\n";
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

#[test]
fn refuses_bad_manifests_by_line() {
    assert!(parse("count", GOOD, BASE).is_ok());
    for (why, old, new, told) in [
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
            "6: delay and concurrency need",
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
        let text = GOOD.replacen(old, new, 1);
        assert_ne!(text, GOOD, "{why}");
        let problems = parse("count", &text, BASE).expect_err(why);
        let expected = format!("functions/count/function.toml:{told}");
        let first = problems.first().expect("a problem").to_string();
        assert!(first.starts_with(&expected), "{why}: {first}");
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
    let door = "description = \"A door\"\nhttp = \"POST /door\"\nsample = \"http/door.json\"\n";
    let parsed = ["front", "back"].map(|name| parse(name, door, BASE).expect("a manifest"));
    let told: Vec<_> = conflicts(&parsed).iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["functions/back/function.toml:2: POST /door is taken by functions/front/function.toml:2"]
    );
}
