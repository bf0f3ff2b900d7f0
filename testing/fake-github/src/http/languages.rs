//! "List repository languages".

use super::at::At;
use crate::World;
use crate::answer::Failure;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

pub(super) async fn list(State(world): State<World>, at: At) -> Result<Response, Failure> {
    Ok(Json(world.get_languages(&at.repo).await?).into_response())
}
