//! `rules`: routing table from a sample event to the functions that receive it.

use crate::template::{Route, Template};
use events::EventBridgeEvent;
use include_dir::{Dir, include_dir};
use serde_json::json;
use std::fmt::Write;

/// One EventBridge event per topic, as a rule's target receives it.
static SAMPLES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../events/bus");

/// Error for a sample that is not an EventBridge event.
#[derive(Debug, thiserror::Error)]
#[error("events/bus/{file}: {error}")]
pub struct SampleError {
    file: String,
    error: String,
}

/// Returns the routes of every sample event, by topic.
///
/// # Errors
/// [`SampleError`] names the file.
pub fn table(template: &Template) -> Result<Vec<(String, Vec<Route>)>, SampleError> {
    let mut table = Vec::new();
    for file in SAMPLES.files() {
        let text = file.contents_utf8().unwrap_or_default();
        let event: EventBridgeEvent = serde_json::from_str(text).map_err(|error| SampleError {
            file: file.path().display().to_string(),
            error: error.to_string(),
        })?;
        let routes = template.routes(&event).into_iter().cloned().collect();
        table.push((event.detail_type, routes));
    }
    table.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(table)
}

/// Renders the table as text: topic, rule, function and path of delivery.
pub fn text(table: &[(String, Vec<Route>)]) -> String {
    let mut rows = vec![["EVENT", "RULE", "FUNCTION", "VIA"].map(ToOwned::to_owned)];
    for (topic, routes) in table {
        let mut topic = topic.clone();
        for route in routes {
            let via = route.via.to_string();
            let named = std::mem::take(&mut topic);
            rows.push([named, route.rule.clone(), route.function.clone(), via]);
        }
    }
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(String::len)
            .max()
    };
    let widths = [0, 1, 2, 3].map(|column| width(column).unwrap_or(0));
    let mut out = String::new();
    for row in &rows {
        let cells: Vec<_> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        let _ = writeln!(out, "{}", cells.join("  ").trim_end());
    }
    out
}

/// Renders the table as one JSON object per line.
pub fn json(table: &[(String, Vec<Route>)]) -> String {
    let mut out = String::new();
    for (topic, routes) in table {
        let routes: Vec<_> = routes
            .iter()
            .map(|route| json!({ "rule": route.rule, "function": route.function }))
            .collect();
        let _ = writeln!(out, "{}", json!({ "event": topic, "routes": routes }));
    }
    out
}
