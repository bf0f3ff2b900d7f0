//! A listener and a runner that live as long as each other, until the process is
//! asked to stop.

use crate::call::Call;
use crate::queue::Queue;
use crate::runner::Runner;
use crate::serve::ServeError;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use events::Clock;
use http::StatusCode;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinError;

/// When asked to stop, requests that are still coming in have so long to come;
/// GitHub itself waits no longer ("Handling webhook deliveries").
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// Listens on `host` and `port`; 0 is any port that is free.
///
/// # Errors
/// [`ServeError::Port`] when it cannot be had.
pub async fn listen(host: IpAddr, port: u16) -> Result<TcpListener, ServeError> {
    TcpListener::bind(SocketAddr::from((host, port)))
        .await
        .map_err(|error| ServeError::Port { port, error })
}

/// `GET /health`: whether the queue can be read, and how much is in it.
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

/// Serves `routes` and delivers what is due, `at_once` at a time for each target that the
/// template does not bound, until the process is asked to stop
/// (SIGTERM, SIGINT); what is in hand by then is finished, the rest stays in the
/// queue. Asked once more, it waits for nothing.
///
/// # Errors
/// [`ServeError`] when the queue or the network fails.
pub async fn run<F: Call>(
    listener: TcpListener,
    routes: Router,
    runner: Runner<F>,
    at_once: usize,
) -> Result<(), ServeError> {
    let mut signals = Signals::new()?;
    let (stop, stopped) = watch::channel(());
    let mut running = tokio::spawn(Arc::new(runner).run(at_once, until(stopped.clone())));
    let server = axum::serve(listener, routes).with_graceful_shutdown(until(stopped));
    let mut server = tokio::spawn(server.into_future());
    // Whichever half ends by itself has failed; without it the other is no use.
    let ended = tokio::select! {
        () = signals.asked_to_stop() => {
            tracing::info!("asked to stop; finishing what is in hand");
            drop(stop);
            let last_answers = async {
                let answered = tokio::time::timeout(LAST_ANSWERS, &mut server).await;
                (answered, (&mut running).await)
            };
            tokio::select! {
                (answered, ended) = last_answers => {
                    if let Ok(answered) = answered {
                        joined(answered)?;
                    }
                    ended
                }
                () = signals.asked_to_stop() => {
                    tracing::warn!("asked to stop once more; what is in hand is left");
                    running.abort();
                    Ok(Ok(()))
                }
            }
        }
        ended = &mut running => ended,
        ended = &mut server => return Ok(joined(ended)?),
    };
    server.abort();
    Ok(joined(ended)?)
}

/// What a task returned; its panic goes on here.
fn joined<T>(ended: Result<T, JoinError>) -> T {
    match ended {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

async fn until(mut stopped: watch::Receiver<()>) {
    // An error means that the sender is gone, which is the signal.
    let _ = stopped.changed().await;
}

/// The signals that ask a process to stop.
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
