//! "Pulls", "Compare two commits", and the authenticated user.

use super::params::{PathParams, sha};
use crate::answer::{Failure, Refusal};
use crate::{Call, World, payload};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use github::AuthorKind;
use serde_json::Value;

/// Handles `GET /user`, which returns the token's account. An App's installation has no
/// user.
pub(super) async fn user(State(world): State<World>) -> Result<Json<Value>, Failure> {
    let user = world.answer(Call::User, None, |state, _| match state.bot.kind {
        AuthorKind::User => Ok(payload::account(&state.bot)),
        AuthorKind::Bot => Err(Refusal::new(403, "Resource not accessible by integration")),
    });
    Ok(Json(user.await?))
}

pub(super) async fn pull_request(
    State(world): State<World>,
    params: PathParams,
) -> Result<Json<Value>, Failure> {
    let (pull, count) = world.get_pull(&params.pr()?).await?;
    Ok(Json(payload::pull_request(&pull, count)))
}

pub(super) async fn compare(
    State(world): State<World>,
    params: PathParams,
    headers: HeaderMap,
) -> Result<String, Failure> {
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok());
    if accept != Some("application/vnd.github.diff") {
        let message = "Unsupported 'Accept' header: the world gives comparisons as diffs only";
        return Err(Refusal::new(415, message).into());
    }
    let range = params.text("range")?;
    let (base, head) = range.split_once("...").ok_or_else(Refusal::not_found)?;
    world.get_diff(&params.repo, &sha(base)?, &sha(head)?).await
}
