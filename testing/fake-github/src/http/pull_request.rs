//! "Pulls", "Compare two commits", and the authenticated user.

use super::at::{At, sha};
use crate::answer::Refusal;
use crate::call::Failure;
use crate::world::World;
use crate::{Account, payload};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use serde_json::Value;

pub(super) async fn user(State(world): State<World>) -> Result<Json<Value>, Failure> {
    let user: Account = world.get_user().await?;
    Ok(Json(payload::account(&user)))
}

pub(super) async fn pull_request(
    State(world): State<World>,
    at: At,
) -> Result<Json<Value>, Failure> {
    let (pull, count) = world.get_pull(&at.pr()?).await?;
    Ok(Json(payload::pull_request(&pull, count)))
}

pub(super) async fn compare(
    State(world): State<World>,
    at: At,
    headers: HeaderMap,
) -> Result<String, Failure> {
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok());
    if accept != Some("application/vnd.github.diff") {
        let message = "Unsupported 'Accept' header: the world gives comparisons as diffs only";
        return Err(Refusal::new(415, message).into());
    }
    let range = at.text("range")?;
    let (base, head) = range.split_once("...").ok_or_else(Refusal::not_found)?;
    world.get_diff(&at.repo, &sha(base)?, &sha(head)?).await
}
