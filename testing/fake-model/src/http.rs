//! HTTP server of the world, at `/v1/chat/completions` as on Kimi's hosts.

use crate::answer::Outgoing;
use crate::world::{ModelWorld, Prompt, tokens};
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::net::TcpListener;

/// Answers calls on `listener` until the task is dropped. Use a loopback address.
///
/// # Errors
/// [`io::Error`](std::io::Error) if the listener fails.
pub async fn serve(world: ModelWorld, listener: TcpListener) -> std::io::Result<()> {
    axum::serve(listener, router(world)).await
}

/// Returns the routes.
pub fn router(world: ModelWorld) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(complete))
        .fallback(|| async {
            let message = "The requested URL was not found";
            response(
                Outgoing::error(404, "resource_not_found_error", message),
                None,
            )
        })
        .layer(DefaultBodyLimit::disable())
        .with_state(world)
}

async fn complete(State(world): State<ModelWorld>, headers: HeaderMap, body: Bytes) -> Response {
    let bearer = headers.get(header::AUTHORIZATION);
    let bearer = bearer.and_then(|value| value.to_str().ok());
    if bearer != Some(&format!("Bearer {}", world.key())) {
        let said = bearer.unwrap_or_default().trim_start_matches("Bearer ");
        let message = format!("Incorrect API key provided: {said}"); // as others do
        return response(
            Outgoing::error(401, "incorrect_api_key_error", message),
            None,
        );
    }
    let text = String::from_utf8_lossy(&body).into_owned();
    let (outgoing, prompt) = world.hear(text).await;
    if matches!(outgoing, Outgoing::Hang) {
        std::future::pending::<()>().await;
    }
    response(outgoing, Some(prompt))
}

fn response(outgoing: Outgoing, prompt: Option<Prompt>) -> Response {
    match outgoing {
        Outgoing::Completion {
            message,
            finish_reason,
            usage,
        } => {
            let content = message.get("content").and_then(Value::as_str);
            let written = tokens(content.unwrap_or_default().len());
            let mut body = json!({
                "id": "chatcmpl-world",
                "object": "chat.completion",
                "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
            });
            if let (true, Some(prompt), Some(body)) = (usage, prompt, body.as_object_mut()) {
                let usage = json!({
                    "prompt_tokens": prompt.tokens,
                    "cached_tokens": prompt.cached,
                    "completion_tokens": written,
                    "total_tokens": prompt.tokens + written,
                });
                body.insert("usage".to_owned(), usage);
            }
            Json(body).into_response()
        }
        Outgoing::Body(body) => body.into_response(),
        Outgoing::Error {
            status,
            kind,
            message,
            retry_after,
        } => {
            let body = json!({"error": {"type": kind, "message": message}});
            let mut response = Json(body).into_response();
            *response.status_mut() =
                StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            if let Some(value) = retry_after.and_then(|value| value.parse().ok()) {
                response.headers_mut().insert(header::RETRY_AFTER, value);
            }
            response
        }
        // Sends the head, then closes the connection before the body ends.
        Outgoing::Cut | Outgoing::Hang => Body::new(CutBody).into_response(),
    }
}

struct CutBody;

impl http_body::Body for CutBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionAborted.into())))
    }
}
