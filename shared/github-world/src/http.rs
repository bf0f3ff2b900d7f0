//! GitHub's REST API over the world: the routes that the house's client uses,
//! in GitHub's shapes, at `/` as on api.github.com and at `/api/v3` as on a
//! GitHub Enterprise Server.

use crate::answer::Refusal;
use crate::call::Failure;
use crate::world::World;
use crate::{Account, payload};
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use github::port::{NewReview, ReviewComment, ReviewEvent, Side};
use github::{HeadSha, PrKey, RepoName};
use serde::Deserialize;
use serde_json::{Value, json};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::net::TcpListener;

/// Answers calls on `listener` until the task is dropped. Listen on loopback.
///
/// # Errors
/// When the listener fails.
pub async fn serve(world: World, listener: TcpListener) -> std::io::Result<()> {
    axum::serve(listener, router(world)).await
}

/// The routes.
pub fn router(world: World) -> Router {
    let mut router = Router::new();
    for prefix in ["", "/api/v3"] {
        let at = |path: &str| format!("{prefix}{path}");
        router = router
            .route(&at("/user"), get(user))
            .route(
                &at("/repos/{owner}/{repo}/pulls/{number}"),
                get(pull_request),
            )
            .route(&at("/repos/{owner}/{repo}/compare/{range}"), get(compare))
            .route(
                &at("/repos/{owner}/{repo}/pulls/{number}/reviews"),
                get(list_reviews).post(create_review),
            )
            // Where GitHub's `Link` headers point to.
            .route(
                &at("/repositories/{id}/pulls/{number}/reviews"),
                get(list_reviews_by_id),
            );
    }
    router
        .fallback(|| async { Refused(Refusal::not_found()) })
        .layer(middleware::from_fn_with_state(world.clone(), at_the_door))
        .with_state(world)
}

/// What every request is checked for, before the world hears of it.
async fn at_the_door(State(world): State<World>, request: Request, next: Next) -> Response {
    match door(&world, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => Refused(refusal).into_response(),
    }
}

fn door(world: &World, headers: &HeaderMap) -> Result<(), Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // "Getting started with the REST API", "User agent".
    if text("user-agent").is_none_or(str::is_empty) {
        return Err(Refusal::new(
            403,
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header (https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required). Check https://developer.github.com for other possible causes.",
        ));
    }
    // "API Versions": a version that does not exist is a 400.
    if !matches!(
        text("x-github-api-version"),
        None | Some("2022-11-28" | "2026-03-10")
    ) {
        return Err(Refusal::new(400, "Unsupported API version"));
    }
    match text("authorization") {
        None => Err(Refusal::new(401, "Requires authentication")),
        Some(value) if value == format!("Bearer {}", world.token()) => Ok(()),
        Some(_) => Err(Refusal::new(401, "Bad credentials")),
    }
}

async fn user(State(world): State<World>) -> Result<Json<Value>, Failure> {
    let user: Account = world.get_user().await?;
    Ok(Json(payload::account(&user)))
}

async fn pull_request(
    State(world): State<World>,
    Path((owner, repo, number)): Path<(String, String, u64)>,
) -> Result<Json<Value>, Failure> {
    let (pull, count) = world.get_pull(&key(&owner, &repo, number)?).await?;
    Ok(Json(payload::pull_request(&pull, count)))
}

async fn compare(
    State(world): State<World>,
    Path((owner, repo, range)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<String, Failure> {
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok());
    if accept != Some("application/vnd.github.diff") {
        let message = "Unsupported 'Accept' header: the world gives comparisons as diffs only";
        return Err(Refusal::new(415, message).into());
    }
    let sha =
        |text: &str| -> Result<HeadSha, Refusal> { text.parse().map_err(|_| Refusal::not_found()) };
    let (base, head) = range.split_once("...").ok_or_else(Refusal::not_found)?;
    let repo = name(&owner, &repo)?;
    world.get_diff(&repo, &sha(base)?, &sha(head)?).await
}

async fn list_reviews(
    State(world): State<World>,
    Path((owner, repo, number)): Path<(String, String, u64)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    page(&world, &key(&owner, &repo, number)?, &uri, &headers).await
}

async fn list_reviews_by_id(
    State(world): State<World>,
    Path((id, number)): Path<(u64, u64)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let found = world
        .lock()
        .repos
        .keys()
        .find(|repo| payload::id_of(repo.as_str()) == id)
        .cloned();
    let repo = found.ok_or_else(Refusal::not_found)?;
    page(&world, &PrKey { repo, number }, &uri, &headers).await
}

/// One page ("Using pagination in the REST API"): 30 to a page unless asked
/// otherwise, 100 at most, and a `Link` header when there is more.
async fn page(
    world: &World,
    pr: &PrKey,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let asked = |name: &str| {
        uri.query()
            .unwrap_or_default()
            .split('&')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
            .and_then(|value| value.parse::<usize>().ok())
    };
    let per_page = asked("per_page").unwrap_or(30).clamp(1, 100);
    let page = asked("page").unwrap_or(1).max(1);
    let pull = world.get_reviews(pr).await?;
    let pages = pull.reviews.len().div_ceil(per_page).max(1);
    let shown: Vec<Value> = pull
        .reviews
        .iter()
        .skip((page - 1) * per_page)
        .take(per_page)
        .map(|review| payload::review(&pull, review))
        .collect();
    let mut response = Json(shown).into_response();
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok());
    if let (Some(host), true) = (host, page < pages) {
        let id = payload::id_of(pr.repo.as_str());
        let prefix = if uri.path().starts_with("/api/v3/") {
            "/api/v3"
        } else {
            ""
        };
        let to = |page: usize, rel: &str| {
            format!(
                "<http://{host}{prefix}/repositories/{id}/pulls/{}/reviews?per_page={per_page}&page={page}>; rel=\"{rel}\"",
                pr.number
            )
        };
        let link = format!("{}, {}", to(page + 1, "next"), to(pages, "last"));
        if let Ok(link) = link.parse() {
            response.headers_mut().insert(header::LINK, link);
        }
    }
    Ok(response)
}

/// The body of "Create a review for a pull request". Fields that GitHub does not
/// know are refused here, so that a misspelt one is noticed; reviews that stay
/// pending, `position` and comments on several lines the world does not play.
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
    body: String,
}

fn right() -> Side {
    Side::Right
}

async fn create_review(
    State(world): State<World>,
    Path((owner, repo, number)): Path<(String, String, u64)>,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let pr = key(&owner, &repo, number)?;
    let body: ReviewBody = serde_json::from_slice(&body).map_err(|error| {
        if error.is_data() {
            Refusal {
                errors: vec![json!(error.to_string())],
                ..Refusal::new(422, "Invalid request.")
            }
        } else {
            Refusal::new(400, "Problems parsing JSON")
        }
    })?;
    let comment = |comment: CommentBody| ReviewComment {
        path: comment.path,
        line: comment.line,
        side: comment.side,
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

fn name(owner: &str, repo: &str) -> Result<RepoName, Refusal> {
    let name = format!("{owner}/{repo}");
    name.parse().map_err(|_| Refusal::not_found())
}

fn key(owner: &str, repo: &str, number: u64) -> Result<PrKey, Refusal> {
    let repo = name(owner, repo)?;
    Ok(PrKey { repo, number })
}

struct Refused(Refusal);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(refusal) = self;
        let mut body = json!({
            "message": refusal.message,
            "documentation_url": "https://docs.github.com/rest",
            "status": refusal.status.to_string(),
        });
        if !refusal.errors.is_empty()
            && let Some(body) = body.as_object_mut()
        {
            body.insert("errors".into(), Value::Array(refusal.errors));
        }
        let mut response = Json(body).into_response();
        if let Ok(status) = refusal.status.try_into() {
            *response.status_mut() = status;
        }
        let headers = response.headers_mut();
        if let Some(limit) = refusal.limit {
            if let Some(retry_after) = limit.retry_after {
                headers.insert("retry-after", retry_after.as_secs().into());
            }
            if let Some(reset) = limit.reset {
                headers.insert("x-ratelimit-limit", 5000.into());
                headers.insert("x-ratelimit-remaining", 0.into());
                headers.insert("x-ratelimit-used", 5000.into());
                headers.insert("x-ratelimit-reset", reset.as_second().into());
            }
        }
        response
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(refusal) => Refused(refusal).into_response(),
            // The head is sent, the connection ends before the body does.
            Self::Cut => Body::new(CutBody).into_response(),
        }
    }
}

struct CutBody;

impl http_body::Body for CutBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionAborted.into())))
    }
}
