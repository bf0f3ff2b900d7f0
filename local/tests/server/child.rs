//! `github-bot --port` as a process of its own, and a sender of webhooks.

use github_world::{NewPullRequest, WebhookDelivery, World};
use ports::{SeededEntropy, SystemClock};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub const SECRET: &str = "It's a Secret to Everybody";

/// A finding, and something to hang it on.
const DIFF: &str = r#"diff --git a/shop/orders.py b/shop/orders.py
--- a/shop/orders.py
+++ b/shop/orders.py
@@ -1,2 +1,4 @@
 import db
 
+def paid(customer):
+    db.execute(f"UPDATE orders SET paid = 1 WHERE customer = '{customer}'")
"#;

/// A simulated GitHub on real time, served on loopback.
pub struct GitHub {
    pub world: World,
    pub url: String,
}

impl GitHub {
    pub fn start() -> Self {
        let world = World::new(Arc::new(SystemClock), Arc::new(SeededEntropy::new(7)));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let served = world.clone();
        // Ends with the test's process.
        std::thread::spawn(move || runtime.block_on(github_world::serve(served, listener)));
        Self { world, url }
    }

    /// Someone opens a pull request that has something to find.
    pub fn open(&self) -> WebhookDelivery {
        self.world.open_pull_request(NewPullRequest {
            diff: DIFF.to_owned(),
            ..NewPullRequest::default()
        })
    }

    /// How many reviews by the bot stand on the delivery's pull request.
    pub fn reviews(&self, delivery: &WebhookDelivery) -> usize {
        let pr = delivery.pr.as_ref().expect("it is about a pull request");
        self.world.bot_reviews(pr).len()
    }
}

/// A running `github-bot --port 0`. Dropped, it is killed.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    pub fn start(github: &GitHub, database: &Path) -> Self {
        let template = database.with_extension("yaml");
        std::fs::write(&template, impatient_template()).expect("it can be written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_github-bot"));
        command
            .args(["--port", "0", "--host", "127.0.0.1", "--state"])
            .arg(format!("sqlite://{}", database.display()));
        command.arg("--template").arg(&template);
        let mut child = command
            .env_clear()
            .env("GITHUB_WEBHOOK_SECRET", SECRET)
            .env("GITHUB_TOKEN", github.world.token())
            .env("GITHUB_API_URL", &github.url)
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .expect("github-bot starts");
        let stdout = child.stdout.take().expect("it is piped");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("a line of text");
        let address = line
            .trim()
            .strip_prefix("listening on http://")
            .and_then(|rest| rest.strip_suffix("/webhook"))
            .and_then(|address| address.parse().ok());
        let Some(address) = address else {
            panic!("github-bot says {line:?}");
        };
        Self { child, address }
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// SIGTERM.
    pub fn ask_to_stop(&self) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status();
        assert!(sent.expect("kill runs").success(), "SIGTERM is sent");
    }

    pub fn wait(mut self) -> ExitStatus {
        eventually("github-bot ends", Duration::from_secs(30), || {
            self.child.try_wait().expect("it is a child")
        })
    }

    /// What `GET /health` says.
    pub fn health(&self) -> serde_json::Value {
        let (status, body) = send(self.address, "GET", "/health", &[], b"").expect("an answer");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).expect("JSON")
    }

    pub fn post(&self, delivery: &WebhookDelivery) -> (u16, String) {
        post(self.address, delivery).expect("an answer")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail when it has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Delivers as GitHub does.
pub fn post(to: SocketAddr, delivery: &WebhookDelivery) -> io::Result<(u16, String)> {
    let headers = delivery.headers(SECRET);
    send(to, "POST", "/webhook", &headers, &delivery.body)
}

/// One HTTP/1.1 request on a connection of its own: the answer's status and body.
pub fn send(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(&head(method, path, headers, body.len()))?;
    // A server that has heard enough may answer before everything is written.
    let written = stream.write_all(body);
    answer(stream).map_err(|error| written.err().unwrap_or(error))
}

/// The request up to its body.
pub fn head(method: &str, path: &str, headers: &[(String, String)], length: usize) -> Vec<u8> {
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nhost: bot\r\nconnection: close\r\ncontent-length: {length}\r\n"
    );
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    (head + "\r\n").into_bytes()
}

/// Reads the answer to its end.
pub fn answer(mut stream: TcpStream) -> io::Result<(u16, String)> {
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    match (status, text.split_once("\r\n\r\n")) {
        (Some(status), Some((_, body))) => Ok((status, body.to_owned())),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Waits for `condition`, looking often.
#[track_caller]
pub fn eventually<T>(what: &str, within: Duration, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(met) = condition() {
            return met;
        }
        assert!(start.elapsed() < within, "not within {within:?}: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// How much of the queue is `such`, an SQL condition.
pub fn waiting(database: &Path, such: &str) -> u32 {
    let queue = rusqlite::Connection::open(database).expect("a database");
    let count = format!("SELECT count(*) FROM delivery WHERE {such}");
    queue
        .query_row(&count, [], |row| row.get(0))
        .expect("a number")
}

/// The house's rules; only what failed is tried again sooner, and for as long as
/// it takes.
fn impatient_template() -> String {
    let template = local::template::BUILT_IN
        .replace("VisibilityTimeout: 180", "VisibilityTimeout: 1")
        .replace("maxReceiveCount: 10", "maxReceiveCount: 1000");
    assert!(template.contains("VisibilityTimeout: 1\n") && template.contains("1000"));
    template
}
