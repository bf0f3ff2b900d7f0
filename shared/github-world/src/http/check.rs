//! "Check runs".

use super::at::{At, sha};
use super::contents::decoded;
use super::page::asked;
use super::{body, page};
use crate::World;
use crate::call::Failure;
use crate::check::{PostedCheck, Wanted};
use crate::payload;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use github::HeadSha;
use github::port::{Conclusion, NewCheck};
use serde::Deserialize;
use serde_json::{Value, json};

/// The body of "Create a check run", of one that has ended.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckBody {
    name: String,
    head_sha: HeadSha,
    status: Completed,
    conclusion: Conclusion,
    #[serde(default)]
    external_id: String,
    output: OutputBody,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Completed {
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
    at: At,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let body: CheckBody = body::read(&body)?;
    let Completed::Completed = body.status;
    let check = NewCheck {
        head_sha: body.head_sha,
        name: body.name,
        conclusion: body.conclusion,
        title: body.output.title,
        summary: body.output.summary,
        external_id: body.external_id,
    };
    let posted = world.post_check(&at.repo, &check).await?;
    Ok((StatusCode::CREATED, Json(shown(&posted))))
}

pub(super) async fn list(
    State(world): State<World>,
    at: At,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let head = sha(at.text("sha")?)?;
    let name = asked(&uri, "check_name").map(decoded);
    let wanted = match asked(&uri, "filter") {
        Some("all") => Wanted::All(name.as_deref()),
        _ => Wanted::Latest(name.as_deref()),
    };
    let checks = world.get_checks(&at.repo, &head, wanted).await?;
    let list = format!("commits/{head}/check-runs");
    let count = checks.len();
    let wrap = |shown| json!({"total_count": count, "check_runs": Value::Array(shown)});
    Ok(page::wrapped(
        &at, &list, &checks, shown, wrap, &uri, &headers,
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
        "status": if posted.running { "in_progress" } else { "completed" },
        "conclusion": (!posted.running).then_some(check.conclusion),
        "started_at": payload::second(posted.at),
        "completed_at": (!posted.running).then(|| payload::second(posted.at)),
        "output": {"title": check.title, "summary": check.summary, "annotations_count": 0},
        "app": {"id": payload::id_of(slug), "slug": slug, "name": slug},
    })
}
