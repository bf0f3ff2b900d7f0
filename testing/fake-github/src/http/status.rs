//! "Commit statuses".

use super::page;
use super::params::{PathParams, sha};
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
    params: PathParams,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let head = sha(params.text("sha")?)?;
    let statuses = world.get_statuses(&params.repo, &head).await?;
    let list = format!("commits/{head}/status");
    let (state, count) = (combine(&statuses), statuses.len());
    let wrap = |shown| {
        json!({
            "state": state, "sha": head, "total_count": count, "statuses": Value::Array(shown),
        })
    };
    Ok(page::wrapped(
        &params, &list, &statuses, shown, wrap, &uri, &headers,
    ))
}

/// Combines statuses: failure if any is error or failure; pending if the list is empty
/// or any is pending; else success.
fn combine(statuses: &[Status]) -> &'static str {
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
