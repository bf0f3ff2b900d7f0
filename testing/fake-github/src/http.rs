//! GitHub's REST API over HTTP: the routes that the client uses, in GitHub's format, at
//! `/` as on api.github.com and at `/api/v3` as on a GitHub Enterprise Server.

mod app;
mod auth;
mod body;
mod check;
mod comment;
mod contents;
mod error;
mod files;
mod languages;
mod page;
mod params;
mod pull_request;
mod review;
mod status;

use crate::answer::Refusal;
use crate::{HttpRequest, World};
use axum::routing::MethodRouter;
use axum::{Router, middleware};
use error::ErrorResponse;
use tokio::net::TcpListener;

impl World {
    /// Returns every HTTP request, including rejected ones, oldest first.
    pub fn requests(&self) -> Vec<HttpRequest> {
        self.lock().requests.clone()
    }
}

/// Serves requests on `listener` until the task is dropped. Listen on loopback.
///
/// # Errors
/// The listener fails.
pub async fn serve(world: World, listener: TcpListener) -> std::io::Result<()> {
    axum::serve(listener, router(world)).await
}

/// A supported operation.
struct Route {
    method: &'static str,
    path: &'static str,
    answer: MethodRouter<World>,
}

macro_rules! routes {
    ($($method:ident $path:literal => $answer:path,)+) => {
        vec![$(Route {
            method: stringify!($method),
            path: $path,
            answer: axum::routing::$method($answer),
        }),+]
    };
}

fn routes() -> Vec<Route> {
    routes![
        get "/user" => pull_request::user,
        get "/app" => app::app,
        post "/app/installations/{installation}/access_tokens" => app::create_token,
    ]
}

/// Returns the routes of a repository, addressed by name or by id.
fn repository_routes() -> Vec<Route> {
    routes![
        get "installation" => app::installation,
        get "pulls/{number}" => pull_request::pull_request,
        get "compare/{range}" => pull_request::compare,
        get "pulls/{number}/reviews" => review::list,
        post "pulls/{number}/reviews" => review::create,
        put "pulls/{number}/reviews/{review}/dismissals" => review::dismiss,
        put "pulls/{number}/reviews/{review}" => review::edit,
        get "pulls/{number}/files" => files::list,
        get "contents/{*path}" => contents::get,
        get "languages" => languages::list,
        post "check-runs" => check::create,
        patch "check-runs/{check}" => check::update,
        get "commits/{sha}/check-runs" => check::list,
        get "commits/{sha}/status" => status::combined,
        get "issues/{number}/comments" => comment::list,
        post "issues/{number}/comments" => comment::create,
        patch "issues/comments/{comment}" => comment::update,
    ]
}

/// Returns method and path of every supported operation, such as `GET` and
/// `/repos/{owner}/{repo}/pulls/{number}`.
pub fn operations() -> Vec<(String, String)> {
    let named = |prefix: &'static str| {
        move |route: Route| {
            let path = format!("{prefix}{}", route.path);
            (route.method.to_uppercase(), path)
        }
    };
    let all = routes().into_iter().map(named(""));
    let repository_routes = repository_routes().into_iter();
    all.chain(repository_routes.map(named("/repos/{owner}/{repo}/")))
        .collect()
}

/// Builds the router.
pub fn router(world: World) -> Router {
    let mut router = Router::new();
    for prefix in ["", "/api/v3"] {
        for Route { path, answer, .. } in routes() {
            router = router.route(&format!("{prefix}{path}"), answer);
        }
        for Route { path, answer, .. } in repository_routes() {
            for repo in ["repos/{owner}/{repo}", "repositories/{id}"] {
                router = router.route(&format!("{prefix}/{repo}/{path}"), answer.clone());
            }
        }
    }
    router
        .fallback(|| async { ErrorResponse(Refusal::not_found()) })
        .layer(middleware::from_fn_with_state(
            world.clone(),
            auth::authenticate,
        ))
        .with_state(world)
}
