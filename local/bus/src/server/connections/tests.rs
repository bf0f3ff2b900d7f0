use super::*;
use axum::routing::{get, post};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const PING: &[u8] = b"GET /ping HTTP/1.1\r\nHost: bot\r\n\r\n";
/// A limit that no test reaches.
const LONG: Duration = Duration::from_secs(600);

/// Server on a free port. It stops when it is dropped.
struct Server {
    address: SocketAddr,
    open_gate: Arc<Notify>,
    entered: Arc<Notify>,
    stop: watch::Sender<()>,
}

impl Server {
    async fn start(connections: usize, request: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (gate, entered) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (open_gate, enter) = (gate.clone(), entered.clone());
        let pass = move || async move {
            enter.notify_one();
            gate.notified().await;
            "passed"
        };
        let routes = Router::new()
            .route("/ping", get(|| async { "pong" }))
            .route("/gate", get(pass))
            .route("/echo", post(|body: String| async { body }));
        let (stop, stopped) = watch::channel(());
        let limits = Limits {
            connections,
            request,
        };
        tokio::spawn(serve(listener, routes, limits, stopped));
        Self {
            address,
            open_gate,
            entered,
            stop,
        }
    }

    async fn connect(&self, sent: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(sent).await.unwrap();
        stream
    }
}

/// Reads until the answer ends with `end`.
async fn answer(stream: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    while !read.ends_with(end.as_bytes()) {
        let byte = stream.read_u8().await;
        read.push(byte.unwrap_or_else(|error| panic!("{error} after {read:?}")));
    }
    String::from_utf8(read).unwrap()
}

/// Returns when the server has closed the connection.
async fn closed(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn longest_wait_ends_for_a_new_connection() {
    let server = Server::start(2, LONG).await;
    let mut silent = server.connect(b"").await;
    // Its answer proves that the first connection was accepted.
    let mut kept = server.connect(PING).await;
    answer(&mut kept, "pong").await;
    let mut new = server.connect(PING).await;
    assert!(answer(&mut new, "pong").await.starts_with("HTTP/1.1 200"));
    closed(&mut silent).await;
    kept.write_all(PING).await.unwrap();
    answer(&mut kept, "pong").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn incomplete_body_ends_for_a_new_connection() {
    let server = Server::start(1, LONG).await;
    let part = b"POST /echo HTTP/1.1\r\nHost: bot\r\nContent-Length: 9\r\n\r\nhalf";
    let mut slow = server.connect(part).await;
    let mut new = server.connect(PING).await;
    answer(&mut new, "pong").await;
    closed(&mut slow).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn request_in_progress_keeps_its_connection() {
    let server = Server::start(1, LONG).await;
    let mut busy = server
        .connect(b"GET /gate HTTP/1.1\r\nHost: bot\r\n\r\n")
        .await;
    server.entered.notified().await;
    let mut new = server.connect(PING).await;
    server.open_gate.notify_one();
    answer(&mut busy, "passed").await;
    answer(&mut new, "pong").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_request_is_closed_after_its_time() {
    let server = Server::start(9, Duration::from_millis(50)).await;
    for part in [
        "",
        "GET /pi",
        "GET /ping HTTP/1.1\r\nHost: b",
        "POST /echo HTTP/1.1\r\nHost: bot\r\nContent-Length: 9\r\n\r\nhalf",
        "POST /echo HTTP/1.1\r\nHost: bot\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ] {
        closed(&mut server.connect(part.as_bytes()).await).await;
    }
    let mut kept = server.connect(PING).await;
    answer(&mut kept, "pong").await;
    closed(&mut kept).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_finishes_requests_and_closes_idle_connections() {
    let mut server = Server::start(9, LONG).await;
    let mut idle = server.connect(PING).await;
    answer(&mut idle, "pong").await;
    let mut busy = server
        .connect(b"GET /gate HTTP/1.1\r\nHost: bot\r\n\r\n")
        .await;
    server.entered.notified().await;
    server.stop = watch::channel(()).0;
    closed(&mut idle).await;
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    server.open_gate.notify_one();
    answer(&mut busy, "passed").await;
    closed(&mut busy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_is_refused() {
    let server = Server::start(9, LONG).await;
    let mut stream = server.connect(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text).await;
    let text = String::from_utf8_lossy(&text);
    assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
}
