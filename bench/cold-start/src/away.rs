//! Fake AWS and GitHub with the answers that a first event needs. It answers at once over TLS, so
//! that the measurement covers only the function.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Json, Response};
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value, json};
use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::NamedTempFile;

/// Secret that signs the samples in events/http, and a token.
const SECRETS: [(&str, &str); 2] = [
    ("/measured/webhook-secret", "It's a Secret to Everybody"),
    ("/measured/token", "ghp_measured"),
];

/// Fake server.
pub(crate) struct FakeServer {
    pub(crate) url: String,
    /// Its certificate.
    pub(crate) roots: NamedTempFile,
    calls: Arc<AtomicU32>,
}

impl FakeServer {
    /// Returns the number of calls since the last call of this method.
    pub(crate) fn calls(&self) -> u32 {
        self.calls.swap(0, Ordering::Relaxed)
    }
}

pub(crate) async fn start() -> Result<FakeServer, Box<dyn Error>> {
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| "TLS is set up already")?;
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()])?;
    let tls = RustlsConfig::from_pem(
        cert.pem().into_bytes(),
        signing_key.serialize_pem().into_bytes(),
    )
    .await?;
    let roots = NamedTempFile::new()?;
    std::fs::write(roots.path(), cert.pem())?;

    let calls = Arc::new(AtomicU32::new(0));
    let routes = Router::new().fallback(answer).with_state(calls.clone());
    let listener = std::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    // Without this option, an answer of two packets waits 40 ms for the acknowledgement of the
    // first one.
    let tls = RustlsAcceptor::new(tls).acceptor(NoDelayAcceptor::new());
    let server = axum_server::from_tcp(listener)?.acceptor(tls);
    tokio::spawn(server.serve(routes.into_make_service()));
    Ok(FakeServer {
        url: format!("https://localhost:{port}"),
        roots,
        calls,
    })
}

async fn answer(
    State(calls): State<Arc<AtomicU32>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Response {
    calls.fetch_add(1, Ordering::Relaxed);
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let operation = header("x-amz-target").and_then(|target| target.rsplit('.').next());
    let answer = match operation {
        Some(operation) => aws(operation, &body),
        None if header("accept").is_some_and(|accept| accept.contains("diff")) => {
            return DIFF.into_response();
        }
        None if uri.path().contains("/contents/") => return file(uri.path()),
        None if uri.path().ends_with("/languages") => json!({ "Rust": 1_000 }),
        None => github(&method, uri.path()),
    };
    Json(answer).into_response()
}

fn aws(operation: &str, body: &str) -> Value {
    match operation {
        "PutEvents" => {
            json!({ "FailedEntryCount": 0, "Entries": vec![json!({ "EventId": "1" }); 10] })
        }
        "DescribeEventBus" => json!({ "Name": "measured" }),
        "GetParameter" => {
            let secret = SECRETS.iter().find(|(name, _)| body.contains(name));
            json!({ "Parameter": { "Value": secret.map(|(_, secret)| secret) } })
        }
        "Query" => json!({ "Items": [] }),
        "GetItem" if body.contains("\"review:") => json!({ "Item": review() }),
        "GetItem" if body.contains("\"pr:") => json!({ "Item": pull_request() }),
        // No other item exists, and every write is the first.
        _ => json!({}),
    }
}

/// Returns a decided review for the publisher. The coordinator starts the checks, because the
/// review has no requested specialists.
fn review() -> Value {
    let verdict = json!({ "decided_at": NOW, "event": "COMMENT", "findings": [], "missing": [] });
    item(&json!({ "base_sha": BASE, "expected": [], "reports": {}, "verdict": verdict }))
}

/// Returns the pull request of the review, with its newest head.
fn pull_request() -> Value {
    item(&json!({
        "head_sha": HEAD,
        "before": null,
        "base": { "ref": "main", "sha": BASE },
        "author": { "login": "alice", "kind": "User" },
        "open": true,
        "updated_at": NOW,
    }))
}

/// Returns an item in the form that a function stores.
fn item(value: &Value) -> Value {
    let record = json!({ "value": value, "applied": [] });
    json!({
        "version": { "N": "1" },
        "value": { "S": record.to_string() },
        "updated_at": { "N": "0" },
        "write_id": { "S": "measured" },
    })
}

/// Returns the settings of a repository for the coordinator.
fn file(path: &str) -> Response {
    if path.ends_with("/.github/review-bot.toml") {
        SETTINGS.into_response()
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

fn github(method: &Method, path: &str) -> Value {
    match (method, path.ends_with("/reviews")) {
        (&Method::GET, true) => json!([]),
        (_, true) => json!({ "id": 1, "state": "COMMENTED" }),
        (_, false) => json!({
            "number": 7,
            "login": "github-bot[bot]",
            "state": "open",
            "user": { "login": "alice" },
            "head": { "sha": HEAD },
            "base": { "ref": "main" },
            "author_association": "NONE",
        }),
    }
}

/// Time in the samples.
const NOW: &str = "2026-01-05T09:00:00Z";
const BASE: &str = "63cbe1e459320dd7044c3cd7f43c661ce6984080";
const HEAD: &str = "953aeb70673e29cb73d33b666a1e21da3fdabe86";

const SETTINGS: &str = "\
drafts = \"review\"
[paths]
exclude = [\"*.lock\", \"vendor/\"]
";

const DIFF: &str = "\
diff --git a/src/lib.rs b/src/lib.rs
index 1111111..2222222 100644
--- a/src/lib.rs
+++ b/src/lib.rs
@@ -1,2 +1,3 @@
 fn one() {}
+fn two() {}
 fn three() {}
";
