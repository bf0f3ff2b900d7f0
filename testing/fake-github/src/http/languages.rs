//! "List repository languages".

use super::params::PathParams;
use crate::World;
use crate::answer::Failure;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

pub(super) async fn list(
    State(world): State<World>,
    params: PathParams,
) -> Result<Response, Failure> {
    Ok(Json(world.get_languages(&params.repo).await?).into_response())
}
