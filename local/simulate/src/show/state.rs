//! Stored items.

use super::short_commits;
use super::style::{QUIET, TITLE};
use crate::Run;
use std::fmt::Write;

/// Renders all items, each with its version and a summary.
pub(super) fn show(out: &mut String, run: &Run) {
    let _ = writeln!(out, "{TITLE}State{TITLE:#}");
    for (key, version, value) in &run.state {
        let _ = writeln!(
            out,
            "   {} {QUIET}version {} · {}{QUIET:#}",
            short_commits(&key.to_string()),
            version.get(),
            gist(value)
        );
    }
    out.push('\n');
}

fn counted(findings: usize) -> String {
    format!("{findings} finding{}", if findings == 1 { "" } else { "s" })
}

/// Summarises a state item in a few words.
fn gist(value: &serde_json::Value) -> String {
    let count = |pointer: &str| {
        value
            .pointer(pointer)
            .and_then(|it| it.as_array())
            .map(Vec::len)
    };
    let text = |pointer: &str| value.pointer(pointer).and_then(|it| it.as_str());
    if let Some(findings) = count("/verdict/findings") {
        let event = text("/verdict/event").unwrap_or_default().to_lowercase();
        format!("verdict: {event}, {}", counted(findings))
    } else if let Some(reason) = text("/skipped/reason") {
        format!("skipped: {reason}")
    } else if let Some(expected) = count("/expected") {
        format!("waits for {expected} specialists")
    } else if let Some(findings) = count("/report/findings") {
        counted(findings)
    } else if let Some(published) = published(value) {
        published
    } else if let Some(head) = text("/head_sha") {
        format!("head {}", head.get(..7).unwrap_or(head))
    } else {
        String::new()
    }
}

/// Returns GitHub's ids of the objects of a publication.
fn published(value: &serde_json::Value) -> Option<String> {
    let publication = value.get("value")?;
    let id = |object: &serde_json::Value, pointer: &str| object.pointer(pointer)?.as_u64();
    let reviews = publication.get("reviews").and_then(|it| it.as_array());
    let reviews = reviews.into_iter().flatten();
    let reviews = reviews.filter_map(|review| id(review, "/object/posted/id"));
    let mut objects: Vec<_> = reviews.map(|id| format!("review {id}")).collect();
    objects.extend(id(publication, "/run/set/id").map(|id| format!("check {id}")));
    objects.extend(id(publication, "/summary/comment").map(|id| format!("comment {id}")));
    Some(match objects.as_slice() {
        [] => "nothing published".to_owned(),
        _ => format!("published: {}", objects.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn summarises_items() {
        let posted = json!({"object": {"posted": {"id": 2}}});
        for (value, gist_) in [
            (
                json!({"verdict": {"event": "REQUEST_CHANGES", "findings": [1]}}),
                "verdict: request_changes, 1 finding",
            ),
            (json!({"skipped": {"reason": "bot"}}), "skipped: bot"),
            (
                json!({"value": {"reviews": [posted], "summary": {"comment": 3}}}),
                "published: review 2, comment 3",
            ),
            (
                json!({"value": {"run": {"set": {"id": 4}}}}),
                "published: check 4",
            ),
            (json!({"value": {"run": "attempt"}}), "nothing published"),
        ] {
            assert_eq!(gist(&value), gist_, "{value}");
        }
    }
}
