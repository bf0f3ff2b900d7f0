//! Pages for people: `/` lists the pull requests, and `/{owner}/{repo}/pull/{number}` shows one as
//! GitHub's conversation page does. Texts of the pull request are escaped, and the headers allow no
//! script, no image and no form.

mod html;
mod markdown;
mod patch;
mod pull_request;

use crate::{World, http};
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Router, middleware, routing};
use html::Html;
use tokio::net::TcpListener;

const STYLE: &str = include_str!("page/style.css");

const HEADERS: [(HeaderName, &str); 4] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
];

/// Builds the router of the pages and, at all other paths, of the API.
pub fn site(world: World) -> Router {
    Router::new()
        .route("/", routing::get(index))
        .route("/style.css", routing::get(style))
        .route("/{owner}/{repo}/pull/{number}", routing::get(pull_request))
        .layer(middleware::map_response(add_headers))
        .with_state(world.clone())
        .fallback_service(http::router(world))
}

/// Serves the [`site`] on `listener` until the task is dropped. Listen on loopback.
///
/// # Errors
/// The listener fails.
pub async fn serve_site(world: World, listener: TcpListener) -> std::io::Result<()> {
    axum::serve(listener, site(world)).await
}

async fn add_headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

async fn index(State(world): State<World>) -> Response {
    let mut html = Html::default();
    pull_request::list(&world.lock(), &mut html);
    html.into_page("Simulated GitHub").into_response()
}

async fn pull_request(
    State(world): State<World>,
    Path((owner, repo, number)): Path<(String, String, String)>,
) -> Response {
    let state = world.lock();
    let repo = format!("{owner}/{repo}").parse().ok();
    let repo = repo.and_then(|repo| state.repo(&repo));
    let pull = repo.and_then(|repo| Some((repo, repo.pulls.get(&number.parse().ok()?)?)));
    let mut html = Html::default();
    let Some((repo, pull)) = pull else {
        html.raw("<h1>Not Found</h1><p>There is no such pull request. ");
        html.raw("<a href=\"/\">All pull requests</a></p>");
        return (StatusCode::NOT_FOUND, html.into_page("Not Found")).into_response();
    };
    pull_request::show(repo, pull, &mut html);
    let title = format!("{} · {}#{}", pull.title, pull.repo, pull.number);
    html.into_page(&title).into_response()
}
