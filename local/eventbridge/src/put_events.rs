//! `PutEvents` ("PutEvents" and "PutEventsRequestEntry", Amazon EventBridge API Reference). Rejects
//! a whole call that violates the API's model, and otherwise rejects single entries.

use crate::bus::Bus;
use crate::name::{ACCOUNT, BusName, REGION};
use crate::refusal::Refusal;
use events::{EventBridgeEvent, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};

const MAX_ENTRIES: usize = 10;

/// Maximum size of all entries of a call in bytes, counted as in "Calculating Amazon EventBridge
/// PutEvents event entry size". The limit was 256 KiB before 2026.
const MAX_SIZE: usize = 1024 * 1024;

/// Maximum length of `DetailType`, in characters.
const MAX_DETAIL_TYPE: usize = 128;
/// Maximum length of an entry of `Resources`, in characters.
const MAX_RESOURCE: usize = 2048;
/// Maximum length of `EventBusName`, in characters.
const MAX_BUS_NAME: usize = 1600;
/// Maximum length of `TraceHeader`, in characters.
const MAX_TRACE_HEADER: usize = 500;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    entries: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    time: Option<Time>,
    source: Option<String>,
    resources: Option<Vec<String>>,
    detail_type: Option<String>,
    detail: Option<String>,
    event_bus_name: Option<String>,
    trace_header: Option<String>,
}

/// Timestamp. The SDKs send seconds since 1970 as a number.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a time: seconds since 1970")]
enum Time {
    Seconds(f64),
    Text(Timestamp),
}

/// Code and message of a rejected entry.
type EntryError = (&'static str, String);

/// Publishes the valid entries and returns the result of each entry.
pub(super) async fn put(bus: &Bus, request: Request) -> Result<Value, Refusal> {
    let entries = request.entries.ok_or_else(|| Refusal::missing("entries"))?;
    check(&entries)?;
    let mut events = Vec::new();
    let mut results = Vec::new();
    let mut failed = 0;
    for entry in entries {
        match event(bus, entry) {
            Ok(event) => {
                results.push(json!({ "EventId": event.id }));
                events.push(event);
            }
            Err((code, message)) => {
                tracing::warn!(code, message, "PutEvents entry rejected");
                failed += 1;
                results.push(json!({ "ErrorCode": code, "ErrorMessage": message }));
            }
        }
    }
    bus.bus.put(events).await.map_err(Refusal::internal)?;
    Ok(json!({ "FailedEntryCount": failed, "Entries": results }))
}

/// Checks the whole call against the API's model.
fn check(entries: &[Entry]) -> Result<(), Refusal> {
    let constraint = match entries.len() {
        0 => "have length greater than or equal to 1",
        1..=MAX_ENTRIES => {
            return entries
                .iter()
                .enumerate()
                .try_for_each(check_entry)
                .and_then(|()| check_size(entries));
        }
        _ => "have length less than or equal to 10",
    };
    let value = format!("of length {}", entries.len());
    Err(Refusal::validation(&value, "entries", constraint))
}

fn check_entry((at, entry): (usize, &Entry)) -> Result<(), Refusal> {
    let at = |field: &str| format!("entries.{}.member.{field}", at + 1);
    let bus = entry.event_bus_name.as_deref();
    length(bus, 1..=MAX_BUS_NAME, &at("eventBusName"))?;
    if let Some(name) = bus
        && BusName::read(name).is_none()
    {
        let constraint = "be the name or the ARN of an event bus";
        return Err(Refusal::validation(
            &format!("'{name}'"),
            &at("eventBusName"),
            constraint,
        ));
    }
    length(
        entry.trace_header.as_deref(),
        1..=MAX_TRACE_HEADER,
        &at("traceHeader"),
    )?;
    let resources = entry.resources.iter().flatten();
    for (n, resource) in resources.enumerate() {
        let what = at(&format!("resources.{}.member", n + 1));
        length(Some(resource), 0..=MAX_RESOURCE, &what)?;
    }
    Ok(())
}

fn length(
    text: Option<&str>,
    range: std::ops::RangeInclusive<usize>,
    what: &str,
) -> Result<(), Refusal> {
    let Some(count) = text.map(|text| text.chars().count()) else {
        return Ok(());
    };
    let value = format!("of length {count}");
    if count < *range.start() {
        let constraint = format!("have length greater than or equal to {}", range.start());
        Err(Refusal::validation(&value, what, &constraint))
    } else if count > *range.end() {
        let constraint = format!("have length less than or equal to {}", range.end());
        Err(Refusal::validation(&value, what, &constraint))
    } else {
        Ok(())
    }
}

fn check_size(entries: &[Entry]) -> Result<(), Refusal> {
    let text = |text: &Option<String>| text.as_deref().map_or(0, str::len);
    let size = |entry: &Entry| {
        let time = if entry.time.is_some() { 14 } else { 0 };
        let resources: usize = entry.resources.iter().flatten().map(String::len).sum();
        time + text(&entry.source) + text(&entry.detail_type) + text(&entry.detail) + resources
    };
    if entries.iter().map(size).sum::<usize>() > MAX_SIZE {
        return Err(Refusal::new(
            "ValidationException",
            "Total size of the entries in the request is over the limit.",
        ));
    }
    Ok(())
}

/// Converts the entry to an event.
fn event(bus: &Bus, entry: Entry) -> Result<EventBridgeEvent<Value>, EntryError> {
    let source = required(entry.source, "Source")?;
    let detail_type = required(entry.detail_type, "DetailType")?;
    let detail = required(entry.detail, "Detail")?;
    if source.starts_with("aws.") {
        let message = "Not authorized for the source.".to_owned();
        return Err(("NotAuthorizedForSourceException", message));
    }
    if detail_type.chars().count() > MAX_DETAIL_TYPE {
        let reason = format!("DetailType has more than {MAX_DETAIL_TYPE} characters");
        return Err(invalid("DetailType", &reason));
    }
    let detail: Map<String, Value> = serde_json::from_str(&detail).map_err(|error| {
        let message = format!("Detail is malformed. Reason: no JSON object: {error}");
        ("MalformedDetail", message)
    })?;
    // AWS accepts an event for a bus that does not exist, and drops it.
    let name = entry.event_bus_name.as_deref().unwrap_or("default");
    if BusName::read(name).as_ref() != Some(&bus.name) {
        let message = format!(
            "Event bus {name} does not exist; here is {}.",
            bus.name.as_str()
        );
        return Err(("ResourceNotFoundException", message));
    }
    Ok(EventBridgeEvent {
        version: "0".to_owned(),
        id: bus.new_id(),
        detail_type,
        source,
        account: ACCOUNT.to_owned(),
        time: time(bus, entry.time)?,
        region: REGION.to_owned(),
        resources: entry.resources.unwrap_or_default(),
        detail: Value::Object(detail),
    })
}

fn required(value: Option<String>, name: &str) -> Result<String, EntryError> {
    let value = value.filter(|value| !value.is_empty());
    value.ok_or_else(|| invalid(name, &format!("{name} is a required argument")))
}

fn invalid(name: &str, reason: &str) -> EntryError {
    let message = format!("Parameter {name} is not valid. Reason: {reason}.");
    ("InvalidArgument", message)
}

/// Returns the time in whole seconds, as in every event on AWS.
fn time(bus: &Bus, time: Option<Time>) -> Result<Timestamp, EntryError> {
    let seconds = match time {
        None => bus.clock.now().as_second(),
        Some(Time::Text(text)) => text.as_second(),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it saturates, and is refused below"
        )]
        Some(Time::Seconds(seconds)) => seconds.floor() as i64,
    };
    Timestamp::from_second(seconds)
        .map_err(|_| invalid("Time", "it is before the year -9999 or after 9999"))
}
