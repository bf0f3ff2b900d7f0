//! Fake `cargo lambda watch`: records calls and answers as configured.

use axum::Router;
use axum::extract::{Json, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::StatusCode;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;

/// Configured answer of a function.
#[derive(Debug, Clone, Copy)]
pub enum Reply {
    /// Reports its message in `batchItemFailures`.
    ReportsFailure,
    /// Reports an error as `cargo lambda watch` does: status 500, no header.
    Error(&'static str),
    /// Reports an error as AWS does: status 200 with a header.
    ErrorByHeader(&'static str),
    /// Returns status 404, which no function answers.
    NotFound,
    /// Does not answer until [`Functions::release`].
    Waits,
}

#[derive(Clone, Default)]
pub struct Functions(Arc<Shared>);

#[derive(Default)]
struct Shared {
    calls: Mutex<Vec<(String, Value)>>,
    replies: Mutex<VecDeque<Reply>>,
    released: tokio::sync::Notify,
}

impl Functions {
    /// Starts functions on loopback. Returns them with their URL.
    pub fn start() -> (Self, String) {
        let functions = Self::default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let (listener, url) = runtime.block_on(listen());
        let routes = functions.routes();
        // The thread ends with the test's process.
        std::thread::spawn(move || runtime.block_on(async { axum::serve(listener, routes).await }));
        (functions, url)
    }

    pub fn routes(&self) -> Router {
        let path = "/2015-03-31/functions/{name}/invocations";
        let routes = Router::new().route(path, post(invoked));
        routes.with_state(self.clone())
    }

    /// Sets the answer to the next call. Calls without a set answer succeed.
    pub fn then(self, reply: Reply) -> Self {
        lock(&self.0.replies).push_back(reply);
        self
    }

    /// Returns the calls so far: function and payload.
    pub fn calls(&self) -> Vec<(String, Value)> {
        lock(&self.0.calls).clone()
    }

    /// Lets the waiting calls answer.
    pub fn release(&self) {
        self.0.released.notify_one();
    }
}

/// Binds a free port on loopback. Returns the listener with its URL.
pub async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    (listener, url)
}

async fn invoked(
    State(functions): State<Functions>,
    Path(name): Path<String>,
    Json(payload): Json<Value>,
) -> Response {
    let record = payload.pointer("/Records/0/messageId").cloned();
    lock(&functions.0.calls).push((name, payload));
    let error = |message| json!({ "errorType": "HandlerError", "errorMessage": message });
    let reply = lock(&functions.0.replies).pop_front();
    match reply {
        None => Json(Value::Null).into_response(),
        Some(Reply::ReportsFailure) => {
            let failures = json!([{ "itemIdentifier": record }]);
            Json(json!({ "batchItemFailures": failures })).into_response()
        }
        Some(Reply::Error(message)) => {
            (StatusCode::INTERNAL_SERVER_ERROR, Json(error(message))).into_response()
        }
        Some(Reply::ErrorByHeader(message)) => (
            [("x-amz-function-error", "Unhandled")],
            Json(error(message)),
        )
            .into_response(),
        Some(Reply::NotFound) => {
            (StatusCode::NOT_FOUND, r#"{"title":"Missing function"}"#).into_response()
        }
        Some(Reply::Waits) => {
            functions.0.released.notified().await;
            Json(Value::Null).into_response()
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no panic under the lock")
}
