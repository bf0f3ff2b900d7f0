//! "Pull request reviews".

use super::params::PathParams;
use super::{body, page};
use crate::answer::Failure;
use crate::payload;
use crate::world::World;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use github::HeadSha;
use github::port::{NewReview, ReviewComment, ReviewEvent, ReviewId, Side};
use serde::Deserialize;
use serde_json::Value;

pub(super) async fn list(
    State(world): State<World>,
    params: PathParams,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let pr = params.pr()?;
    let pull = world.get_reviews(&pr).await?;
    let list = format!("pulls/{}/reviews", pr.number);
    let show = |review: &_| payload::review(&pull, review);
    Ok(page::page(
        &params,
        &list,
        &pull.reviews,
        show,
        &uri,
        &headers,
    ))
}

/// Body of "Create a review for a pull request". This fake rejects unknown fields to
/// reveal misspelt ones. It does not simulate pending reviews or `position`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReviewBody {
    commit_id: HeadSha,
    event: ReviewEvent,
    #[serde(default)]
    body: String,
    #[serde(default)]
    comments: Vec<CommentBody>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommentBody {
    path: String,
    line: u32,
    #[serde(default = "right")]
    side: Side,
    start_line: Option<u32>,
    start_side: Option<Side>,
    body: String,
}

fn right() -> Side {
    Side::Right
}

pub(super) async fn create(
    State(world): State<World>,
    params: PathParams,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let pr = params.pr()?;
    let body: ReviewBody = body::read(&body)?;
    let comment = |comment: CommentBody| ReviewComment {
        path: comment.path,
        line: comment.line,
        side: comment.side,
        start_line: comment.start_line,
        start_side: comment.start_side,
        body: comment.body,
    };
    let review = NewReview {
        commit_id: body.commit_id,
        event: body.event,
        body: body.body,
        comments: body.comments.into_iter().map(comment).collect(),
    };
    let (pull, posted) = world.post_review(&pr, &review).await?;
    Ok(Json(payload::review(&pull, &posted)))
}

/// Body of "Dismiss a review for a pull request".
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DismissalBody {
    message: String,
    #[serde(rename = "event")]
    _event: DismissalEvent,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum DismissalEvent {
    Dismiss,
}

pub(super) async fn dismiss(
    State(world): State<World>,
    params: PathParams,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let (pr, id) = (params.pr()?, ReviewId(params.number("review")?));
    let body: DismissalBody = body::read(&body)?;
    let (pull, dismissed) = world.dismiss_review(&pr, id, &body.message).await?;
    Ok(Json(payload::review(&pull, &dismissed)))
}

/// Body of "Update a review for a pull request".
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EditBody {
    body: String,
}

pub(super) async fn edit(
    State(world): State<World>,
    params: PathParams,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let (pr, id) = (params.pr()?, ReviewId(params.number("review")?));
    let body: EditBody = body::read(&body)?;
    let (pull, edited) = world.edit_review(&pr, id, &body.body).await?;
    Ok(Json(payload::review(&pull, &edited)))
}
