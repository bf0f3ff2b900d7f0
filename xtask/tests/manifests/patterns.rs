//! Event patterns that EventBridge refuses.

use crate::fixture::{BASE, GOOD, refuses};
use xtask::manifest::parse;

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
fn bad_pattern_is_one_problem() {
    let text = GOOD.replace("sample = \"bus/github.pr.opened.json\"\n", "");
    for topics in ["[\"github.**\"]", "[]", "[\"a*a*a*a*a*a*a*a*b\"]"] {
        let text = text.replace("[\"github.pr.*\"]", topics);
        let problems = parse("count", &text, BASE).expect_err(topics);
        assert_eq!(problems.len(), 1, "{problems:?}");
    }
}
