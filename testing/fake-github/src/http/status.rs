//! "Commit statuses".

use super::at::{At, sha};
use super::page;
use crate::answer::Failure;
use crate::model::{Status, StatusState};
use crate::{World, payload};
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::{Value, json};

/// Handles "Get the combined status for a specific reference".
pub(super) async fn combined(
    State(world): State<World>,
    at: At,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let head = sha(at.text("sha")?)?;
    let statuses = world.get_statuses(&at.repo, &head).await?;
    let list = format!("commits/{head}/status");
    let (state, count) = (together(&statuses), statuses.len());
    let wrap = |shown| {
        json!({
            "state": state, "sha": head, "total_count": count, "statuses": Value::Array(shown),
        })
    };
    Ok(page::wrapped(
        &at, &list, &statuses, shown, wrap, &uri, &headers,
    ))
}

/// Combines statuses: failure if any is error or failure; pending if the list is empty
/// or any is pending; else success.
fn together(statuses: &[Status]) -> &'static str {
    let any = |wanted: &[StatusState]| statuses.iter().any(|it| wanted.contains(&it.state));
    if any(&[StatusState::Error, StatusState::Failure]) {
        "failure"
    } else if statuses.is_empty() || any(&[StatusState::Pending]) {
        "pending"
    } else {
        "success"
    }
}

fn shown(status: &Status) -> Value {
    json!({
        "id": payload::id_of(&status.context),
        "context": status.context,
        "state": status.state.as_str(),
        "description": null,
        "target_url": null,
    })
}
