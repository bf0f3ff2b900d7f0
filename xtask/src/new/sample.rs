//! Sample events and requests.

use crate::samples;
use events::{EventId, Topic, TopicPattern};
use pattern::{Event, EventPattern};
use serde_json::json;
use std::fs;
use std::path::Path;

/// Returns the path below `events/` of a sample event that `pattern` matches.
pub(super) fn matching(root: &Path, pattern: &str) -> Result<Option<String>, String> {
    let topics: TopicPattern = pattern.parse().map_err(|error| format!("{error}"))?;
    let pattern = EventPattern::parse(&topics.to_event_pattern().to_string())
        .map_err(|error| error.to_string())?;
    let mut names = Vec::new();
    for entry in fs::read_dir(root.join(samples::FOLDER)).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
        let is_match = Event::parse(&text).is_ok_and(|event| pattern.matches(&event));
        if let (true, Some(name)) = (is_match, path.file_name()) {
            names.push(format!("bus/{}", name.to_string_lossy()));
        }
    }
    names.sort();
    Ok(names.into_iter().next())
}

/// Returns a sample event on `topic`, in the form that a rule's target receives.
pub(crate) fn event(topic: &Topic) -> Result<String, String> {
    let seed: EventId = "sample".parse().map_err(|error| format!("{error}"))?;
    let id = EventId::derive(&seed, topic.as_str(), 0);
    let source = match topic.as_str().split('.').next() {
        Some("github") => "github-bot.webhook".to_owned(),
        Some("schedule") => "schedule".to_owned(),
        _ => "github-bot.example".to_owned(),
    };
    let is_github = topic.as_str().starts_with("github.");
    let (subject, data) = match is_github {
        true => (
            "octo/widgets#8",
            json!({ "installation": 2_311_213, "number": 8, "repo": "octo/widgets", "sender": "octocat" }),
        ),
        false => ("example", json!({})),
    };
    let event = json!({
        "version": "0",
        "id": id,
        "detail-type": topic,
        "source": source,
        "account": "123456789012",
        "time": "2026-01-05T09:00:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": {
            "specversion": "1.0",
            "id": id,
            "source": source,
            "type": topic,
            "subject": subject,
            "time": "2026-01-05T09:00:00Z",
            "correlationid": id,
            "data": data
        }
    });
    Ok(format!("{event:#}\n"))
}

/// Returns the sample request of an event source, in the form of an HTTP API.
pub(crate) fn request(route: &str) -> String {
    let (method, path) = route.split_once(' ').unwrap_or(("POST", route));
    let request = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": "",
        "headers": { "content-type": "application/json" },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "example",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "example"
            },
            "requestId": "example",
            "routeKey": route,
            "stage": "$default",
            "time": "05/Jan/2026:09:00:00 +0000",
            "timeEpoch": 1_767_603_600_000_u64
        },
        "body": "{\"id\":\"7\",\"text\":\"It is broken.\"}",
        "isBase64Encoded": false
    });
    format!("{request:#}\n")
}
