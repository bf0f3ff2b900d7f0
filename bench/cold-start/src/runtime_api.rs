//! Runtime API for one invocation ("Using the Lambda runtime API for custom runtimes").

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Runtime API with one event.
pub(crate) struct RuntimeApi {
    pub(crate) address: SocketAddr,
    /// Resolves with the first answer and its time.
    pub(crate) answered: oneshot::Receiver<FunctionAnswer>,
    server: JoinHandle<()>,
}

/// Answer of a function.
#[derive(Debug)]
pub(crate) struct FunctionAnswer {
    pub(crate) at: Instant,
    /// Error of the function, if any.
    pub(crate) error: Option<String>,
}

struct Exchange {
    event: Mutex<Option<String>>,
    answer: Mutex<Option<oneshot::Sender<FunctionAnswer>>>,
}

impl RuntimeApi {
    pub(crate) async fn start(event: String) -> std::io::Result<Self> {
        let (answer, answered) = oneshot::channel();
        let given = Arc::new(Exchange {
            event: Mutex::new(Some(event)),
            answer: Mutex::new(Some(answer)),
        });
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{what}", post(result))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .with_state(given);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let listener = listener.tap_io(|connection| {
            // An unset option only increases the measured times.
            let _ = connection.set_nodelay(true);
        });
        let server = tokio::spawn(async {
            // The server ends with the task.
            let _ended = axum::serve(listener, routes).await;
        });
        Ok(Self {
            address,
            answered,
            server,
        })
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn next(State(given): State<Arc<Exchange>>) -> Response {
    let event = given.event.lock().ok().and_then(|mut event| event.take());
    let Some(event) = event else {
        // There is no second event. The function waits until it is killed.
        return std::future::pending().await;
    };
    let deadline = now() + Duration::from_secs(30);
    let headers = [
        (
            "lambda-runtime-aws-request-id",
            "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned(),
        ),
        (
            "lambda-runtime-deadline-ms",
            deadline.as_millis().to_string(),
        ),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:123456789012:function:measured".to_owned(),
        ),
    ];
    (headers, event).into_response()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the deadline uses the machine's clock, as on Lambda"
)]
fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

async fn result(
    State(given): State<Arc<Exchange>>,
    Path((_, what)): Path<(String, String)>,
    body: Bytes,
) -> &'static str {
    let text = String::from_utf8_lossy(&body);
    let failed = what != "response" || text.contains("\"batchItemFailures\":[{") || is_5xx(&text);
    given.settle(failed.then(|| text.into_owned()));
    "{}"
}

/// Returns true for an HTTP API answer with a 5xx status, which reports a failure.
fn is_5xx(text: &str) -> bool {
    let answer: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let status = answer.get("statusCode").and_then(serde_json::Value::as_u64);
    status.is_some_and(|status| status >= 400)
}

async fn init_error(State(given): State<Arc<Exchange>>, body: Bytes) -> &'static str {
    given.settle(Some(String::from_utf8_lossy(&body).into_owned()));
    "{}"
}

impl Exchange {
    fn settle(&self, error: Option<String>) {
        let at = Instant::now();
        if let Some(answer) = self.answer.lock().ok().and_then(|mut answer| answer.take()) {
            // The receiver is gone if the process has ended. That is not an error.
            let _ = answer.send(FunctionAnswer { at, error });
        }
    }
}
