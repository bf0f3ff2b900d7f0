//! Checks the headers and the credentials of every request before it reaches a handler.

use super::at;
use super::refused::Refused;
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

pub(super) async fn at_the_door(
    State(world): State<World>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return Refused(Refusal::new(413, "Payload Too Large")).into_response();
    };
    let heard = HttpRequest::of(&parts, &body);
    let nth = {
        let requests = &mut world.lock().requests;
        requests.push(heard);
        requests.len() - 1
    };
    let let_in = headers(&parts.headers)
        .and_then(|secret| credentials(&world, secret, &parts.method, parts.uri.path()));
    let answer = match let_in {
        Ok(()) => next.run(Request::from_parts(parts, Body::from(body))).await,
        Err(refusal) => Refused(refusal).into_response(),
    };
    if let Some(heard) = world.lock().requests.get_mut(nth) {
        heard.status = answer.status().as_u16();
    }
    answer
}

/// Returns the `Bearer` token if the headers are valid.
fn headers(headers: &HeaderMap) -> Result<&str, Refusal> {
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

fn credentials(world: &World, secret: &str, method: &Method, path: &str) -> Result<(), Refusal> {
    let path = path.strip_prefix("/api/v3").unwrap_or(path);
    let needed = Needed::of(world, method, path);
    let now = world.clock().now();
    let state = world.lock();
    if let Needed::Jwt = needed {
        return state.app.verify(secret, now);
    }
    if secret == state.token() {
        return Ok(());
    }
    let token = state.app.token(secret, now);
    let token = token.ok_or_else(|| Refusal::new(401, "Bad credentials"))?;
    match needed {
        Needed::Permission { repo, name, write } => token.allows(repo.as_ref(), name, write),
        Needed::Jwt | Needed::Nothing => Ok(()),
    }
}

/// Credentials that a call requires ("Permissions required for GitHub Apps").
enum Needed {
    /// The App's JWT.
    Jwt,
    /// A permission in a repository.
    Permission {
        repo: Option<RepoName>,
        name: &'static str,
        write: bool,
    },
    /// Any credentials: the handler checks them itself.
    Nothing,
}

impl Needed {
    fn of(world: &World, method: &Method, path: &str) -> Self {
        let mut parts = path.trim_start_matches('/').split('/');
        let repo = match parts.next() {
            Some("app") => return Self::Jwt,
            Some("repos") => {
                let (owner, name) = (parts.next(), parts.next());
                let full = format!("{}/{}", owner.unwrap_or(""), name.unwrap_or(""));
                full.parse().ok()
            }
            Some("repositories") => at::named(world, parts.next().unwrap_or("")),
            _ => return Self::Nothing,
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
