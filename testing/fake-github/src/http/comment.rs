//! "Issue comments".

use super::params::PathParams;
use super::{body, page};
use crate::World;
use crate::answer::Failure;
use crate::model::PostedComment;
use crate::payload;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use github::port::CommentId;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommentBody {
    body: String,
}

pub(super) async fn list(
    State(world): State<World>,
    params: PathParams,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let pr = params.pr()?;
    let comments = world.get_comments(&pr).await?;
    let list = format!("issues/{}/comments", pr.number);
    Ok(page::page(&params, &list, &comments, shown, &uri, &headers))
}

pub(super) async fn create(
    State(world): State<World>,
    params: PathParams,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let pr = params.pr()?;
    let body: CommentBody = body::read(&body)?;
    let posted = world.create_comment(&pr, &body.body).await?;
    Ok((StatusCode::CREATED, Json(shown(&posted))))
}

pub(super) async fn update(
    State(world): State<World>,
    params: PathParams,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let id = CommentId(params.number("comment")?);
    let body: CommentBody = body::read(&body)?;
    let posted = world.update_comment(&params.repo, id, &body.body).await?;
    Ok(Json(shown(&posted)))
}

fn shown(posted: &PostedComment) -> Value {
    json!({
        "id": posted.id,
        "user": payload::account(&posted.author),
        "body": posted.body,
        "created_at": payload::second(posted.created_at),
        "updated_at": payload::second(posted.updated_at),
        "author_association": "NONE",
    })
}
