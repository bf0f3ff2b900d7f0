//! `--port`: webhook server with all functions in the process, a durable queue and SQLite state.

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Json;
use axum::routing::{MethodFilter, on};
use config::Environment;
use events::{Clock, SystemClock, SystemEntropy};
use github_client::Client;
use http::Method;
use local_bus::runner::Runner;
use local_bus::schedule;
use local_bus::server::{self, ServeError};
use local_bus::template::Template;
use local_bus::{LocalBus, Store};
use local_functions::{Dependencies, MissingSecret};
use model_client::{Agent, Model};
use publisher::WriteLimiter;
use source::Door;
use state::StateManager;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Options of `--port`.
pub struct Options {
    /// Address to listen on.
    pub host: IpAddr,
    /// Port, or 0 for any free port.
    pub port: u16,
    /// Location of the state. Defaults to `STATE_URL`, then [`DEFAULT_STATE`].
    pub state: Option<String>,
    /// True to record and log reviews without posting them.
    pub dry_run: bool,
    /// Concurrent deliveries per rule target without a limit in the template.
    pub concurrency: usize,
}

/// Runs until the process receives a stop signal (SIGTERM, SIGINT). Finishes the calls in progress;
/// other deliveries stay in the queue.
///
/// # Errors
/// [`ServeError`] names the option that is missing, wrong or in use.
pub async fn serve(
    template: Template,
    options: Options,
    environment: &Environment,
) -> Result<(), ServeError> {
    let mut policy = coordinator::deployment(environment)?;
    if options.dry_run {
        tracing::info!("dry run: reviews are recorded and logged, not posted");
        policy = policy.unpublished();
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let sources = local_functions::sources(environment, &clock)?;
    let https = egress::client(environment.allow_addresses()?)?;
    let github = Client::publisher_from_environment(environment, https.clone(), clock.clone())?;
    let listener = server::listen(options.host, options.port).await?;
    // Opened last, so that no file is created if another option is wrong.
    let store = Store::open(options.state.as_deref(), environment)?;
    let lock = store.lock()?;

    let template = Arc::new(template);
    let bus = Arc::new(LocalBus::new(
        template.clone(),
        store.queue.clone(),
        clock.clone(),
    ));
    let entropy = Arc::new(SystemEntropy);
    let state = StateManager::new(store.state.clone(), clock.clone(), entropy.clone());
    let github = github.paced_by(Arc::new(WriteLimiter {
        state: state.clone(),
        clock: clock.clone(),
    }));
    let agent = Agent::from_environment(
        environment,
        https,
        state.clone(),
        clock.clone(),
        entropy.clone(),
    )?;
    match &agent {
        Some(model) => tracing::info!(
            model = model.name(),
            "a model reviews in addition to the rules"
        ),
        None => tracing::info!("KIMI_API_KEY is not set: only the rules review"),
    }
    let deps = Dependencies {
        state,
        bus: bus.clone(),
        github: Arc::new(github),
        model: agent.map(|agent| Arc::new(agent) as Arc<dyn Model>),
        policy,
        clock: clock.clone(),
        entropy,
    };
    local_functions::register(&*bus, &deps)?;
    let schedules = template.schedules.clone();
    let runner = Runner {
        template,
        functions: bus.handlers(),
        bus: bus.clone(),
        queue: store.queue.clone(),
        clock: clock.clone(),
    };
    let mut routes = server::health(store.queue.clone(), clock.clone());
    let mut receivers = JoinSet::new();
    for (route, source) in sources {
        routes = match source.door(&deps.bus, &deps.state) {
            Ok(door) => {
                let door = Arc::new(door);
                let receiver = door.clone();
                receivers.spawn(async move { source::receive(&receiver).await });
                open(routes, route, door)
            }
            Err(missing) => {
                let MissingSecret { function, variable } = missing;
                tracing::warn!(source = function, variable, "{missing}");
                close(routes, route, &missing)
            }
        };
    }

    println!("listening on http://{}/webhook", listener.local_addr()?);
    let scheduled = tokio::spawn(schedule::run(schedules, bus, clock));
    let ended = server::run(listener, routes, runner, options.concurrency).await;
    scheduled.abort();
    drop((receivers, lock));
    ended
}

/// Adds the route of a manifest, such as `POST /webhook`.
fn open(routes: Router, route: &'static str, door: Arc<Door>) -> Router {
    let (path, methods) = parts(route);
    let answer = move |request: Request| async move { door.answer(request).await };
    routes.route(path, on(methods, answer))
}

/// Adds the route of a source that is off: it answers 503 with the reason.
fn close(routes: Router, route: &'static str, missing: &MissingSecret) -> Router {
    let (path, methods) = parts(route);
    let body = Json(serde_json::json!({ "message": missing.to_string() }));
    let answer = move || async move { (StatusCode::SERVICE_UNAVAILABLE, body) };
    routes.route(path, on(methods, answer))
}

/// Returns the path and the method of a route.
fn parts(route: &str) -> (&str, MethodFilter) {
    let (method, path) = route.split_once(' ').unwrap_or(("POST", route));
    let methods = Method::from_bytes(method.as_bytes())
        .ok()
        .and_then(|method| MethodFilter::try_from(method).ok())
        .unwrap_or(MethodFilter::POST);
    (path, methods)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpStream;

    #[tokio::test(flavor = "multi_thread")]
    async fn route_without_secret_answers_503() {
        let missing = MissingSecret {
            function: "tickets",
            variable: "TICKETS_SECRET",
        };
        let routes = close(Router::new(), "POST /tickets", &missing);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let request = b"POST /tickets HTTP/1.1\r\nHost: bot\r\nConnection: close\r\n\r\n";
        stream.write_all(request).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        let body = r#"{"message":"tickets is off: TICKETS_SECRET is not set"}"#;
        assert!(answer.ends_with(body), "{answer}");
    }
}
