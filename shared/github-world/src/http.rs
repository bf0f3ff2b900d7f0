//! GitHub's REST API over the world: the routes that the house's client uses,
//! in GitHub's shapes, at `/` as on api.github.com and at `/api/v3` as on a
//! GitHub Enterprise Server.

mod app;
mod at;
mod body;
mod check;
mod comment;
mod contents;
mod door;
mod files;
mod languages;
mod page;
mod pull_request;
mod refused;
mod request;
mod review;
mod status;

pub use app::NewApp;
pub use request::HttpRequest;

use crate::World;
use crate::answer::Refusal;
use axum::routing::{MethodRouter, get, patch, post, put};
use axum::{Router, middleware};
use refused::Refused;
use tokio::net::TcpListener;

/// What the world knows of callers over HTTP only.
#[derive(Default)]
pub(crate) struct Http {
    app: app::Known,
    requests: Vec<HttpRequest>,
}

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
            .route(&at("/user"), get(pull_request::user))
            .route(&at("/app"), get(app::app))
            .route(
                &at("/app/installations/{installation}/access_tokens"),
                post(app::create_token),
            );
        for (path, route) in in_a_repository() {
            router = router
                .route(
                    &at(&format!("/repos/{{owner}}/{{repo}}/{path}")),
                    route.clone(),
                )
                .route(&at(&format!("/repositories/{{id}}/{path}")), route);
        }
    }
    router
        .fallback(|| async { Refused(Refusal::not_found()) })
        .layer(middleware::from_fn_with_state(
            world.clone(),
            door::at_the_door,
        ))
        .with_state(world)
}

fn in_a_repository() -> Vec<(&'static str, MethodRouter<World>)> {
    vec![
        ("installation", get(app::installation)),
        ("pulls/{number}", get(pull_request::pull_request)),
        ("compare/{range}", get(pull_request::compare)),
        (
            "pulls/{number}/reviews",
            get(review::list).post(review::create),
        ),
        (
            "pulls/{number}/reviews/{review}/dismissals",
            put(review::dismiss),
        ),
        ("pulls/{number}/files", get(files::list)),
        ("contents/{*path}", get(contents::get)),
        ("languages", get(languages::list)),
        ("check-runs", post(check::create)),
        ("check-runs/{check}", patch(check::update)),
        ("commits/{sha}/check-runs", get(check::list)),
        ("commits/{sha}/status", get(status::combined)),
        (
            "issues/{number}/comments",
            get(comment::list).post(comment::create),
        ),
        ("issues/comments/{comment}", patch(comment::update)),
    ]
}
