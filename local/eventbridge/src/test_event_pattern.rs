//! `TestEventPattern` ("TestEventPattern", Amazon EventBridge API Reference).

use crate::refusal::Refusal;
use pattern::{Event, EventPattern};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Fields that an event must contain.
const MANDATORY: [&str; 7] = [
    "id",
    "account",
    "source",
    "time",
    "region",
    "resources",
    "detail-type",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    event_pattern: Option<String>,
    event: Option<String>,
}

/// Returns whether the event matches a rule with the pattern.
pub(super) fn test(request: &Request) -> Result<Value, Refusal> {
    let pattern = request.event_pattern.as_deref();
    let pattern = pattern.ok_or_else(|| Refusal::missing("eventPattern"))?;
    let text = request.event.as_deref();
    let text = text.ok_or_else(|| Refusal::missing("event"))?;
    let pattern = EventPattern::parse(pattern)
        .map_err(|error| Refusal::new("InvalidEventPatternException", error))?;
    let event = Event::parse(text).map_err(|error| invalid_event(&error.to_string()))?;
    let fields: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| invalid_event(&error.to_string()))?;
    if let Some(field) = MANDATORY.iter().find(|field| !fields.contains_key(**field)) {
        let reason = format!("Provided Event is missing required field {field}.");
        return Err(invalid_event(&reason));
    }
    Ok(json!({ "Result": pattern.matches(&event) }))
}

fn invalid_event(reason: &str) -> Refusal {
    Refusal::new(
        "ValidationException",
        format!("Parameter Event is not valid. Reason: {reason}"),
    )
}
