//! Events that a function emits and subscribes to.

use crate::fixture::{BASE, GOOD, refuses};
use xtask::manifest::parse;

#[test]
fn refuses_own_events_without_key() {
    for (why, emits) in [
        ("the same topic", "github.pr.x"),
        ("the same pattern", "github.pr.*"),
        ("a wider pattern", "github.*"),
    ] {
        let topics = "topics = [\"github.pr.*\"]";
        let old = match emits {
            "github.*" => "topics = [\"github.pr.opened\"]",
            _ => topics,
        };
        let good = GOOD.replace(topics, old);
        let expected = format!("4: the function subscribes to {emits:?} itself");
        refuses(&good, why, "agent.count.changed", emits, &expected);
        let text = good.replace("agent.count.changed", emits);
        let listed = format!("own-events = [{emits:?}]\n\n[[subscribe]]");
        let text = text.replacen("\n[[subscribe]]", &listed, 1);
        assert!(parse("count", &text, BASE).is_ok(), "{why}");
    }
}

#[test]
fn refuses_listed_events_of_others() {
    for topic in ["agent.count.changed", "github.pr.opened"] {
        let listed = format!("own-events = [{topic:?}]\n\n[[subscribe]]");
        let expected = format!("5: the function does not emit and subscribe to {topic:?}");
        refuses(GOOD, topic, "\n[[subscribe]]", &listed, &expected);
    }
}
