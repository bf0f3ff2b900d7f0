//! Values of keys.

use crate::fixture::{BASE, GOOD, refuses};
use xtask::manifest::parse;

#[test]
fn refuses_bad_manifests_by_line() {
    assert!(parse("count", GOOD, BASE).is_ok());
    for (why, old, new, expected) in [
        (
            "an unknown key",
            "timeout",
            "time_out",
            "2: unknown key `time_out`",
        ),
        (
            "an unknown need",
            "bus =",
            "buzz =",
            "12: unknown key `buzz`",
        ),
        (
            "an unknown way",
            "\"queue\"",
            "\"pigeon\"",
            "8: unknown value `pigeon`",
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
