//! `github-bot --port` as a child process, and a sender of webhooks.

use crate::common::{Process, send};
use events::{SeededEntropy, SystemClock};
use fake_github::{NewPullRequest, WebhookDelivery, World};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::Arc;

pub const SECRET: &str = "It's a Secret to Everybody";

/// Diff with a line that causes a finding.
const DIFF: &str = r#"diff --git a/shop/orders.py b/shop/orders.py
--- a/shop/orders.py
+++ b/shop/orders.py
@@ -1,2 +1,4 @@
 import db
 
+def paid(customer):
+    db.execute(f"UPDATE orders SET paid = 1 WHERE customer = '{customer}'")
"#;

/// Simulated GitHub in real time, served on loopback.
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
        std::thread::spawn(move || runtime.block_on(fake_github::serve(served, listener)));
        Self { world, url }
    }

    /// Opens a pull request with a finding in its diff.
    pub fn open(&self) -> WebhookDelivery {
        self.world.open_pull_request(NewPullRequest {
            diff: DIFF.to_owned(),
            ..NewPullRequest::default()
        })
    }

    /// Returns the number of the bot's reviews on the delivery's pull request.
    pub fn reviews(&self, delivery: &WebhookDelivery) -> usize {
        let pr = delivery.pr.as_ref().expect("it is about a pull request");
        self.world.bot_reviews(pr).len()
    }
}

/// Running `github-bot --port 0`. Killed on drop.
pub struct Server {
    process: Process,
    pub address: SocketAddr,
}

impl Server {
    pub fn start(github: &GitHub, database: &Path) -> Self {
        Self::start_with(github, database, |_| {})
    }

    /// Starts the server as [`start`](Server::start) does, with `more` applied to the command.
    pub fn start_with(github: &GitHub, database: &Path, more: impl FnOnce(&mut Command)) -> Self {
        let template = database.with_extension("yaml");
        std::fs::write(&template, impatient_template()).expect("it can be written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_github-bot"));
        command
            .args(["--port", "0", "--host", "127.0.0.1", "--state"])
            .arg(format!("sqlite://{}", database.display()));
        command.arg("--template").arg(&template);
        command
            .env_clear()
            .env("GITHUB_WEBHOOK_SECRET", SECRET)
            .env("GITHUB_TOKEN", github.world.token())
            .env("GITHUB_API_URL", &github.url)
            .env("ALLOW_ADDRESSES", "loopback")
            .env("RUST_LOG", "warn");
        more(&mut command);
        let mut process = Process::start(command);
        let address = process.listening("/webhook");
        Self { process, address }
    }

    /// Sends SIGKILL.
    pub fn kill(self) {
        self.process.kill();
    }

    /// Sends SIGTERM.
    pub fn ask_to_stop(&self) {
        self.process.ask_to_stop();
    }

    pub fn wait(self) -> ExitStatus {
        self.process.wait()
    }

    /// Returns the answer of `GET /health`.
    pub fn health(&self) -> serde_json::Value {
        let (status, body) = send(self.address, "GET", "/health", &[], b"").expect("an answer");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).expect("JSON")
    }

    pub fn post(&self, delivery: &WebhookDelivery) -> (u16, String) {
        post(self.address, delivery).expect("an answer")
    }
}

/// Delivers as GitHub does.
pub fn post(to: SocketAddr, delivery: &WebhookDelivery) -> io::Result<(u16, String)> {
    let headers = delivery.headers(SECRET);
    send(to, "POST", "/webhook", &headers, &delivery.body)
}

/// Counts the deliveries in the queue that satisfy `such`, an SQL condition.
pub fn waiting(database: &Path, such: &str) -> u32 {
    let queue = rusqlite::Connection::open(database).expect("a database");
    let count = format!("SELECT count(*) FROM delivery WHERE {such}");
    queue
        .query_row(&count, [], |row| row.get(0))
        .expect("a number")
}

/// Returns the template with shorter retry waits and more retries.
fn impatient_template() -> String {
    let template = local_bus::template::BUILT_IN
        .replace("VisibilityTimeout: 180", "VisibilityTimeout: 1")
        .replace("maxReceiveCount: 10", "maxReceiveCount: 1000");
    assert!(template.contains("VisibilityTimeout: 1\n") && template.contains("1000"));
    template
}
