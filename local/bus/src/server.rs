//! Runs a listener and a runner together until the process receives a stop signal.

mod connections;

use crate::call::{Call, InvalidLambdaUrl};
use crate::queue::{Queue, QueueError};
use crate::runner::Runner;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use config::ConfigError;
use connections::Limits;
use events::{Clock, OnError};
use http::StatusCode;
use state::StateError;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinError;

/// Time limit for open requests after a stop signal. GitHub waits no longer than this ("Handling
/// webhook deliveries").
const LAST_ANSWERS: Duration = Duration::from_secs(10);

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
    /// There is no database to read.
    #[error(
        "no database at {0}: give the location of the server's state with --state sqlite://path or STATE_URL"
    )]
    NoDatabase(String),
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
    /// The queue cannot be opened.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// A file of the state cannot be created or locked.
    #[error("{path}: {error}; the file and its folder must be writable")]
    File {
        /// Path of the file.
        path: String,
        /// Error of the operating system.
        error: io::Error,
    },
    /// The database has damaged pages.
    #[error("{path} is damaged ({found}): restore a backup, or move the file away")]
    Damaged {
        /// Path of the file.
        path: String,
        /// First problem that SQLite found.
        found: String,
    },
    /// The process cannot receive stop signals.
    #[error("no stop signals: {0}")]
    Signals(#[from] io::Error),
}

impl ServeError {
    /// Returns true if the options are at fault, rather than a later failure.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Config(_)
            | Self::StateUrl { .. }
            | Self::NoDatabase(_)
            | Self::State(_)
            | Self::LambdaUrl(_)
            | Self::BusName { .. }
            | Self::InUse(_)
            | Self::File { .. }
            | Self::Damaged { .. }
            | Self::Port { .. } => true,
            Self::Https(_) | Self::Registration(_) | Self::Queue(_) | Self::Signals(_) => false,
        }
    }
}

/// Listens on `host` and `port`. Port 0 selects any free port.
///
/// # Errors
/// [`ServeError::Port`] if the port cannot be bound.
pub async fn listen(host: IpAddr, port: u16) -> Result<TcpListener, ServeError> {
    TcpListener::bind(SocketAddr::from((host, port)))
        .await
        .map_err(|error| ServeError::Port { port, error })
}

/// Serves `GET /health`: the queue's depth, or an error if the queue cannot be read.
pub fn health(queue: Queue, clock: Arc<dyn Clock>) -> Router {
    async fn answer(State((queue, clock)): State<(Queue, Arc<dyn Clock>)>) -> Response {
        match queue.depth(clock.now()).await {
            Ok(depth) => {
                Json(serde_json::json!({ "status": "ok", "queue": depth })).into_response()
            }
            Err(error) => {
                let body = serde_json::json!({ "status": "failing", "error": error.to_string() });
                (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
            }
        }
    }
    Router::new()
        .route("/health", get(answer))
        .with_state((queue, clock))
}

/// Serves `routes` and delivers due events, `at_once` at a time per target without a limit in the
/// template, until the process receives a stop signal (SIGTERM, SIGINT). Finishes the calls in
/// progress; other deliveries stay in the queue. A second signal stops at once.
///
/// # Errors
/// [`ServeError::Signals`].
pub async fn run<F: Call>(
    listener: TcpListener,
    routes: Router,
    runner: Runner<F>,
    at_once: usize,
) -> Result<(), ServeError> {
    let mut signals = Signals::new()?;
    let (stop, stopped) = watch::channel(());
    let mut running = tokio::spawn(Arc::new(runner).run(at_once, until(stopped.clone())));
    let limits = Limits::of_process();
    let mut server = tokio::spawn(connections::serve(listener, routes, limits, stopped));
    tokio::select! {
        () = signals.asked_to_stop() => {
            tracing::info!("stop signal received, finishing calls in progress");
            drop(stop);
            let last_answers = async {
                let answered = tokio::time::timeout(LAST_ANSWERS, &mut server).await;
                if let Ok(ended) = answered {
                    joined(ended);
                }
                joined((&mut running).await);
            };
            tokio::select! {
                () = last_answers => {}
                () = signals.asked_to_stop() => {
                    tracing::warn!("second stop signal received, leaving calls in progress");
                    running.abort();
                }
            }
        }
        // Neither ends without a stop signal, except by a panic.
        ended = &mut running => joined(ended),
        ended = &mut server => joined(ended),
    }
    server.abort();
    Ok(())
}

/// Returns the task's result; resumes its panic.
fn joined<T>(ended: Result<T, JoinError>) -> T {
    match ended {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

async fn until(mut stopped: watch::Receiver<()>) {
    // An error means that the sender was dropped, which counts as the signal.
    let _ = stopped.changed().await;
}

/// Signals that ask a process to stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn asked_to_stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
