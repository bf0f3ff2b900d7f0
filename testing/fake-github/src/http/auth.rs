//! Checks the headers and the credentials of every request before it reaches a handler.

use super::error::ErrorResponse;
use super::params;
use crate::answer::Refusal;
use crate::{HttpRequest, World};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use github::RepoName;

/// Size limit of a request in bytes.
const LARGEST: usize = 32 << 20;

pub(super) async fn authenticate(
    State(world): State<World>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return ErrorResponse(Refusal::new(413, "Payload Too Large")).into_response();
    };
    let recorded = HttpRequest::new(&parts, &body);
    let nth = {
        let requests = &mut world.lock().requests;
        requests.push(recorded);
        requests.len() - 1
    };
    let checked = check_headers(&parts.headers)
        .and_then(|secret| check_credentials(&world, secret, &parts.method, parts.uri.path()));
    let answer = match checked {
        Ok(()) => next.run(Request::from_parts(parts, Body::from(body))).await,
        Err(refusal) => ErrorResponse(refusal).into_response(),
    };
    if let Some(recorded) = world.lock().requests.get_mut(nth) {
        recorded.status = answer.status().as_u16();
    }
    answer
}

/// Returns the `Bearer` token if the headers are valid.
fn check_headers(headers: &HeaderMap) -> Result<&str, Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // Required by "Getting started with the REST API", "User agent".
    if text("user-agent").is_none_or(str::is_empty) {
        return Err(Refusal::new(
            403,
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header (https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required). Check https://developer.github.com for other possible causes.",
        ));
    }
    // "API Versions": an unknown version is a 400.
    if !matches!(
        text("x-github-api-version"),
        None | Some("2022-11-28" | "2026-03-10")
    ) {
        return Err(Refusal::new(400, "Unsupported API version"));
    }
    let value = text("authorization");
    let value = value.ok_or_else(|| Refusal::new(401, "Requires authentication"))?;
    let secret = value.strip_prefix("Bearer ");
    secret.ok_or_else(|| Refusal::new(401, "Bad credentials"))
}

fn check_credentials(
    world: &World,
    secret: &str,
    method: &Method,
    path: &str,
) -> Result<(), Refusal> {
    let path = path.strip_prefix("/api/v3").unwrap_or(path);
    let required = RequiredCredentials::of(world, method, path);
    let now = world.clock().now();
    let state = world.lock();
    if let RequiredCredentials::Jwt = required {
        return state.app.verify(secret, now);
    }
    if secret == state.token() {
        return Ok(());
    }
    let token = state.app.token(secret, now);
    let token = token.ok_or_else(|| Refusal::new(401, "Bad credentials"))?;
    match required {
        RequiredCredentials::Permission { repo, name, write } => {
            token.allows(repo.as_ref(), name, write)
        }
        RequiredCredentials::Jwt | RequiredCredentials::Any => Ok(()),
    }
}

/// Credentials that a call requires ("Permissions required for GitHub Apps").
enum RequiredCredentials {
    /// The App's JWT.
    Jwt,
    /// A permission in a repository.
    Permission {
        repo: Option<RepoName>,
        name: &'static str,
        write: bool,
    },
    /// Any credentials: the handler checks them itself.
    Any,
}

impl RequiredCredentials {
    fn of(world: &World, method: &Method, path: &str) -> Self {
        let mut parts = path.trim_start_matches('/').split('/');
        let repo = match parts.next() {
            Some("app") => return Self::Jwt,
            Some("repos") => {
                let (owner, name) = (parts.next(), parts.next());
                let full = format!("{}/{}", owner.unwrap_or(""), name.unwrap_or(""));
                full.parse().ok()
            }
            Some("repositories") => params::find_repo(world, parts.next().unwrap_or("")),
            _ => return Self::Any,
        };
        let name = match parts.next() {
            Some("installation") => return Self::Jwt,
            Some("pulls" | "issues") => "pull_requests",
            Some("commits") if parts.nth(1) == Some("status") => "statuses",
            Some("check-runs" | "commits") => "checks",
            _ => "contents",
        };
        Self::Permission {
            repo,
            name,
            write: *method != Method::GET,
        }
    }
}
