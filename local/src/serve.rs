//! `--port`: webhook server with all functions in the process, a durable queue and SQLite state.

use crate::bus::LocalBus;
use crate::call::InvalidLambdaUrl;
use crate::queue::{Queue, QueueError};
use crate::registry::{self, Dependencies};
use crate::runner::Runner;
use crate::schedule;
use crate::server;
use crate::template::Template;
use axum::Router;
use axum::extract::Request;
use axum::routing::{MethodFilter, on};
use config::{ConfigError, Environment};
use events::{Clock, OnError, SystemClock, SystemEntropy};
use github_client::Client;
use http::Method;
use model_client::{Agent, Model};
use source::Door;
use state::{Memory, Sqlite, StateBackend, StateError, StateManager, StateUrl};
use std::fs::{File, TryLockError};
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Default location of the state: a file in the current folder.
pub const DEFAULT_STATE: &str = "sqlite://github-bot.db";

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

/// Reason why the server did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// An environment variable is missing or invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The state URL does not work on one machine.
    #[error("{given_by}: {problem}")]
    StateUrl {
        /// Source of the value.
        given_by: &'static str,
        /// Problem with the value, and the expected form.
        problem: String,
    },
    /// The state cannot be opened.
    #[error(transparent)]
    State(#[from] StateError),
    /// The URL is not a Lambda endpoint.
    #[error("--lambda: {0}")]
    LambdaUrl(#[from] InvalidLambdaUrl),
    /// The name is not valid for a bus.
    #[error(
        "{given_by}: {name:?} is not a bus name: expected letters, digits, '.', '-' and '_', 256 at most"
    )]
    BusName {
        /// Source of the value.
        given_by: &'static str,
        /// Invalid name.
        name: String,
    },
    /// TLS cannot be set up.
    #[error("no HTTPS client: {0}")]
    Https(#[from] egress::Error),
    /// Another process runs on the same file.
    #[error("{0} is in use: another github-bot runs on it; stop that one, or give another --state")]
    InUse(String),
    /// The port cannot be bound.
    #[error("port {port}: {error}; choose another --port")]
    Port {
        /// Requested port.
        port: u16,
        /// Error of the operating system.
        error: io::Error,
    },
    /// A function cannot be registered.
    #[error(transparent)]
    Registration(#[from] OnError),
    /// The queue failed while running.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The network failed while running.
    #[error("the server failed: {0}")]
    Network(#[from] io::Error),
}

impl ServeError {
    /// Returns true if the options are at fault, rather than a later failure.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Config(_)
            | Self::StateUrl { .. }
            | Self::State(_)
            | Self::LambdaUrl(_)
            | Self::BusName { .. }
            | Self::InUse(_)
            | Self::Port { .. } => true,
            Self::Https(_) | Self::Registration(_) | Self::Queue(_) | Self::Network(_) => false,
        }
    }
}

/// State and queue of one machine, with the lock that excludes other processes.
pub struct Store {
    /// State.
    pub state: Arc<dyn StateBackend>,
    /// Queue.
    pub queue: Queue,
    path: Option<PathBuf>,
}

impl Store {
    /// Opens the state that `given` names, or `STATE_URL`, or [`DEFAULT_STATE`].
    ///
    /// # Errors
    /// [`ServeError`] names the value and its source.
    pub fn open(given: Option<&str>, environment: &Environment) -> Result<Self, ServeError> {
        let (given_by, url) = match (given, environment.state_url()) {
            (Some(url), _) => ("--state", url),
            (None, Ok(url)) => ("STATE_URL", url),
            (None, Err(_)) => ("--state", DEFAULT_STATE),
        };
        let refused = |problem| ServeError::StateUrl { given_by, problem };
        match url
            .parse()
            .map_err(|error: state::InvalidStateUrl| refused(error.to_string()))?
        {
            StateUrl::Memory => Ok(Self {
                state: Arc::new(Memory::default()),
                queue: Queue::in_memory()?,
                path: None,
            }),
            StateUrl::Sqlite(path) => Ok(Self {
                state: Arc::new(Sqlite::open(&path)?),
                queue: Queue::open(&path)?,
                path: Some(path),
            }),
            StateUrl::DynamoDb(_) | StateUrl::Redis(_) => Err(refused(format!(
                "{url:?} is not for one machine: expected sqlite://path or memory:"
            ))),
        }
    }

    /// Locks the file against other runners for the lifetime of the lock. Two runners would deliver
    /// every event twice.
    pub(crate) fn lock(&self) -> Result<Option<File>, ServeError> {
        self.path.as_deref().map(lock).transpose()
    }
}

fn lock(path: &Path) -> Result<File, ServeError> {
    let lock = PathBuf::from(format!("{}.lock", path.display()));
    let file = File::create(lock)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ServeError::InUse(path.display().to_string())),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
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
    let sources = registry::sources(environment, &clock)?;
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
    registry::register(&*bus, &deps)?;
    let schedules = template.schedules.clone();
    let runner = Runner {
        template,
        functions: bus.handlers(),
        bus: bus.clone(),
        queue: store.queue.clone(),
        clock: clock.clone(),
    };
    let doors = sources.into_iter().map(|(route, source)| {
        let door = Door::new(source, bus.clone()).with_state(deps.state.clone());
        (route, door)
    });
    let routes = doors
        .fold(Router::new(), |routes, (route, door)| {
            open(routes, route, door)
        })
        .merge(server::health(store.queue.clone(), clock.clone()));

    println!("listening on http://{}/webhook", listener.local_addr()?);
    let scheduled = tokio::spawn(schedule::run(schedules, bus, clock));
    let ended = server::run(listener, routes, runner, options.concurrency).await;
    scheduled.abort();
    drop(lock);
    ended
}

/// Adds the route of a manifest, such as `POST /webhook`.
fn open(routes: Router, route: &'static str, door: Door) -> Router {
    let (method, path) = route.split_once(' ').unwrap_or(("POST", route));
    let methods = Method::from_bytes(method.as_bytes())
        .ok()
        .and_then(|method| MethodFilter::try_from(method).ok())
        .unwrap_or(MethodFilter::POST);
    let door = Arc::new(door);
    let answer = move |request: Request| async move { door.answer(request).await };
    routes.route(path, on(methods, answer))
}
