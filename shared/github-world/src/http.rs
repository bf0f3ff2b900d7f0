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
use axum::routing::MethodRouter;
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

/// A call that is answered.
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

/// Those in a repository, by its name or by its number.
fn in_a_repository() -> Vec<Route> {
    routes![
        get "installation" => app::installation,
        get "pulls/{number}" => pull_request::pull_request,
        get "compare/{range}" => pull_request::compare,
        get "pulls/{number}/reviews" => review::list,
        post "pulls/{number}/reviews" => review::create,
        put "pulls/{number}/reviews/{review}/dismissals" => review::dismiss,
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

/// The methods and paths of all calls that are answered, such as `GET` and
/// `/repos/{owner}/{repo}/pulls/{number}`: there are no others.
pub fn operations() -> Vec<(String, String)> {
    let named = |prefix: &'static str| {
        move |route: Route| {
            let path = format!("{prefix}{}", route.path);
            (route.method.to_uppercase(), path)
        }
    };
    let all = routes().into_iter().map(named(""));
    let in_a_repository = in_a_repository().into_iter();
    all.chain(in_a_repository.map(named("/repos/{owner}/{repo}/")))
        .collect()
}

/// The routes.
pub fn router(world: World) -> Router {
    let mut router = Router::new();
    for prefix in ["", "/api/v3"] {
        for Route { path, answer, .. } in routes() {
            router = router.route(&format!("{prefix}{path}"), answer);
        }
        for Route { path, answer, .. } in in_a_repository() {
            for repo in ["repos/{owner}/{repo}", "repositories/{id}"] {
                router = router.route(&format!("{prefix}/{repo}/{path}"), answer.clone());
            }
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
