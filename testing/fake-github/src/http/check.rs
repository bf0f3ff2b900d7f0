//! "Check runs".

use super::contents::decode;
use super::page::query_param;
use super::params::{PathParams, sha};
use super::{body, page};
use crate::World;
use crate::answer::{Failure, Refusal};
use crate::check::CheckFilter;
use crate::model::PostedCheck;
use crate::payload;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use github::port::{CheckId, Conclusion, NewCheck};
use github::{HeadSha, RepoName};
use serde::Deserialize;
use serde_json::{Value, json};

/// Body of "Create a check run".
#[derive(Deserialize)]
struct NewCheckBody {
    head_sha: HeadSha,
    #[serde(flatten)]
    check: CheckBody,
}

/// Body of "Update a check run".
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckBody {
    name: String,
    status: Status,
    conclusion: Option<Conclusion>,
    #[serde(default)]
    external_id: String,
    output: OutputBody,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    InProgress,
    Completed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputBody {
    title: String,
    summary: String,
}

pub(super) async fn create(
    State(world): State<World>,
    params: PathParams,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let body: NewCheckBody = body::read(&body)?;
    let check = body.check.into_check(body.head_sha)?;
    let posted = world.post_check(&params.repo, &check).await?;
    Ok((StatusCode::CREATED, Json(shown(&posted))))
}

pub(super) async fn update(
    State(world): State<World>,
    params: PathParams,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let id = CheckId(params.number("check")?);
    let body: CheckBody = body::read(&body)?;
    let head_sha = check_head(&world, &params.repo, id)?;
    let posted = world
        .patch_check(&params.repo, id, &body.into_check(head_sha)?)
        .await?;
    Ok(Json(shown(&posted)))
}

/// Returns the commit of a check.
fn check_head(world: &World, repo: &RepoName, id: CheckId) -> Result<HeadSha, Refusal> {
    let state = world.lock();
    let mut all = state.repo(repo).into_iter().flat_map(|repo| &repo.checks);
    let found = all.find(|posted| posted.id == id);
    let found = found.ok_or_else(Refusal::not_found)?;
    Ok(found.check.head_sha.clone())
}

impl CheckBody {
    /// Converts the request. GitHub documents that "providing `conclusion` will
    /// automatically set the `status` parameter to `completed`"; this fake rejects
    /// one without the other.
    fn into_check(self, head_sha: HeadSha) -> Result<NewCheck, Refusal> {
        match (self.status, self.conclusion) {
            (Status::Completed, Some(_)) | (Status::InProgress, None) => Ok(NewCheck {
                head_sha,
                name: self.name,
                conclusion: self.conclusion,
                title: self.output.title,
                summary: self.output.summary,
                external_id: self.external_id,
            }),
            (Status::Completed, None) | (Status::InProgress, Some(_)) => {
                Err(Refusal::new(422, "Invalid request."))
            }
        }
    }
}

pub(super) async fn list(
    State(world): State<World>,
    params: PathParams,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let head = sha(params.text("sha")?)?;
    let name = query_param(&uri, "check_name").map(decode);
    let filter = match query_param(&uri, "filter") {
        Some("all") => CheckFilter::All(name.as_deref()),
        _ => CheckFilter::Latest(name.as_deref()),
    };
    let checks = world.get_checks(&params.repo, &head, filter).await?;
    let list = format!("commits/{head}/check-runs");
    let count = checks.len();
    let wrap = |shown| json!({"total_count": count, "check_runs": Value::Array(shown)});
    Ok(page::wrapped(
        &params, &list, &checks, shown, wrap, &uri, &headers,
    ))
}

fn shown(posted: &PostedCheck) -> Value {
    let PostedCheck {
        id, author, check, ..
    } = posted;
    let slug = author.trim_end_matches("[bot]");
    json!({
        "id": id,
        "name": check.name,
        "head_sha": check.head_sha,
        "external_id": check.external_id,
        "status": if check.conclusion.is_some() { "completed" } else { "in_progress" },
        "conclusion": check.conclusion,
        "started_at": payload::second(posted.at),
        "completed_at": check.conclusion.map(|_| payload::second(posted.at)),
        "output": {"title": check.title, "summary": check.summary, "annotations_count": 0},
        "app": {"id": payload::id_of(slug), "slug": slug, "name": slug},
    })
}
