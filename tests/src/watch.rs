//! Runs `cargo lambda watch` with the functions' real binaries, `github-bot bus`, and a
//! simulated GitHub on loopback: a development environment without AWS.

use crate::cloud::{SECRET, serve};
use crate::emulator::free_port;
use crate::program::Program;
use crate::python::{self, Requirements};
use crate::target::{self, ROOT};
use crate::waiting;
use events::{Clock, SeededEntropy, SystemClock};
use fake_github::{WebhookDelivery, World};
use github::PrKey;
use http::StatusCode;
use local_bus::queue::{Delivery, Queue};
use local_bus::template::Template;
use serde_json::Value;
use std::fs::{self, File};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

const REQUIREMENTS: Requirements = Requirements {
    file: "tests/cargo-lambda.txt",
    text: include_str!("../cargo-lambda.txt"),
    options: &["--no-deps"],
};
const BUS: &str = "github-bot";
/// Timeout of a condition. A function's first call may have to build and start it.
const PATIENCE: Duration = Duration::from_secs(300);
/// Interval between polls.
const POLL: Duration = Duration::from_millis(50);
/// Time ahead in which pending deliveries are counted: longer than any delay.
const AHEAD: Duration = Duration::from_hours(24);

/// The running functions and their environment. They stop when it is dropped, or when
/// this program ends for any reason.
pub struct Watch {
    pub world: World,
    template: Template,
    queue: Queue,
    cargo_lambda: PathBuf,
    lambda: Program,
    port: u16,
    bus: Program,
    /// Excludes other programs from the folder in `target/`; they wait.
    _lock: File,
}

impl Watch {
    /// Returns the instance shared by all tests of this program.
    ///
    /// # Panics
    /// Panics if a binary does not build or cargo-lambda is missing; the message
    /// names the cause.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Watch> = OnceCell::const_new();
        SHARED.get_or_init(async || Self::start()).await
    }

    fn start() -> Self {
        let folder = target::directory().join("watch");
        let python = python::with(&REQUIREMENTS, &folder);
        let lock = File::create(folder.join("lock")).expect("target/ can be written to");
        lock.lock().expect("a file in target/ can be locked");
        target::build();

        let world = World::new(Arc::new(SystemClock), Arc::new(SeededEntropy::new(7)));
        let github = serve(world.clone());
        let port = free_port();
        let queue = fresh(&folder, "bus.db");
        let mut bus = start_bus(port, &queue, &folder.join("bus.log"));
        let endpoint = until(&mut bus, |bus| {
            let printed = bus.printed();
            let line = printed.lines().find_map(|line| line.split_once("="))?;
            (line.0 == "AWS_ENDPOINT_URL").then(|| line.1.to_owned())
        });
        let cargo_lambda = python.with_file_name("cargo-lambda");
        let mut command = Command::new(&cargo_lambda);
        let state = fresh(&folder, "state.db");
        command
            .args(["lambda", "watch", "--ignore-changes"])
            .args(["--invoke-address", "127.0.0.1", "--invoke-port"])
            .arg(port.to_string())
            .current_dir(ROOT)
            .env("CARGO_TARGET_DIR", target::directory())
            .env("AWS_ENDPOINT_URL", endpoint)
            .env("AWS_REGION", crate::emulator::REGION)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env_remove("AWS_SESSION_TOKEN")
            .env_remove("DEAD_LETTER_QUEUE_URL")
            .env("EVENT_BUS_NAME", BUS)
            .env("STATE_URL", format!("sqlite://{}", state.display()))
            .env("GITHUB_WEBHOOK_SECRET", SECRET)
            .env("GITHUB_TOKEN", world.token())
            .env("GITHUB_API_URL", github)
            .env("ALLOW_ADDRESSES", "loopback")
            .env("RUST_LOG", "info");
        let command = target::as_from_a_shell(&mut command);
        let mut lambda = Program::start(command, &folder.join("cargo-lambda.log"));
        until(&mut lambda, |_| {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Self {
            world,
            template: Template::load(None).expect("the template that is built in"),
            queue: Queue::open(&queue).expect("the bus has made it"),
            cargo_lambda,
            lambda,
            port,
            bus,
            _lock: lock,
        }
    }

    pub fn template(&self) -> &Template {
        &self.template
    }

    /// Sends a delivery to the webhook function's URL, signed like GitHub's.
    pub async fn deliver(&self, delivery: &WebhookDelivery) -> (StatusCode, Value) {
        let url = format!("http://127.0.0.1:{}/lambda-url/webhook/webhook", self.port);
        // A client per call: a connection must not outlive the test's runtime.
        let mut request = egress::unguarded()
            .expect("TLS can be set up")
            .post(url)
            .timeout(PATIENCE)
            .body(delivery.body.clone());
        for (name, value) in delivery.headers(SECRET) {
            request = request.header(name, value);
        }
        let answer = request.send().await;
        let answer = answer.unwrap_or_else(|error| panic!("{error:?}; {}", self.logs()));
        let status = answer.status();
        let text = answer.text().await.expect("an answer");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        (status, body)
    }

    /// Runs `cargo lambda invoke` for `function` with the file `sample` and returns
    /// the printed response.
    ///
    /// # Errors
    /// Error output of the command, in one line.
    pub async fn invoke(&self, function: &str, sample: &Path) -> Result<Value, String> {
        let mut command = tokio::process::Command::new(&self.cargo_lambda);
        command
            .args(["lambda", "invoke", function])
            .args(["--invoke-address", "127.0.0.1", "--invoke-port"])
            .arg(self.port.to_string())
            .arg("--data-file")
            .arg(sample)
            .current_dir(ROOT);
        let what = format!("{command:?}");
        let output = tokio::time::timeout(PATIENCE, command.kill_on_drop(true).output()).await;
        let output =
            output.unwrap_or_else(|_| panic!("not within {PATIENCE:?}: {what}; {}", self.logs()));
        let output = output.unwrap_or_else(|error| panic!("{what}: {error}"));
        let printed = String::from_utf8_lossy(&output.stdout);
        let emitted = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            let answer = serde_json::from_str(&printed);
            return Ok(answer.unwrap_or_else(|error| panic!("{what}: {error}: {printed}{emitted}")));
        }
        // The command wraps lines and draws a border.
        let words = emitted.split_whitespace().filter(|word| *word != "│");
        Err(words.collect::<Vec<_>>().join(" "))
    }

    /// Waits until no event about `pr` is in flight, except deadlines.
    pub async fn until_quiet(&self, pr: &PrKey) {
        let subject = Value::from(pr.to_string());
        let is_about_it =
            |delivery: &Delivery| delivery.event.detail.get("subject") == Some(&subject);
        let is_deadline = |delivery: &Delivery| {
            let route = self.template.route(&delivery.rule, &delivery.target);
            route.is_some_and(|route| !route.via.delay().is_zero())
        };
        self.eventually(&format!("no event about {pr} is in flight"), async || {
            let at = SystemClock.now() + AHEAD;
            let waiting = self.queue.due(at, usize::MAX).await.expect("the queue");
            let is_left = |delivery: &Delivery| !is_about_it(delivery) || is_deadline(delivery);
            waiting.iter().all(is_left).then_some(())
        })
        .await;
    }

    /// Polls `condition` until it returns a value.
    ///
    /// # Panics
    /// Panics on a timeout; the message names the log files.
    pub async fn eventually<T>(&self, what: &str, condition: impl AsyncFnMut() -> Option<T>) -> T {
        waiting::eventually(what, PATIENCE, &self.logs(), condition).await
    }

    /// Describes the paths of the logs.
    pub fn logs(&self) -> String {
        let (bus, lambda) = (self.bus.log().display(), self.lambda.log().display());
        format!("the bus's log is {bus}, the functions' {lambda}")
    }
}

fn start_bus(lambda: u16, queue: &Path, log: &Path) -> Program {
    let mut command = Command::new(target::binary("github-bot"));
    command
        .args(["bus", "--port", "0", "--bus", BUS, "--lambda"])
        .arg(format!("http://127.0.0.1:{lambda}"))
        .arg("--state")
        .arg(format!("sqlite://{}", queue.display()))
        .env("RUST_LOG", "info");
    Program::start(&command, log)
}

/// Returns the path of a new database `name` in `folder`.
fn fresh(folder: &Path, name: &str) -> PathBuf {
    for leftover in ["", "-wal", "-shm", ".lock"] {
        let path = folder.join(format!("{name}{leftover}"));
        if let Err(error) = fs::remove_file(&path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            panic!("{}: {error}", path.display());
        }
    }
    folder.join(name)
}

/// Waits until `shown` finds a value in the program's output.
fn until<T>(program: &mut Program, shown: impl Fn(&Program) -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(shown) = shown(program) {
            return shown;
        }
        let log = program.log().display().to_string();
        assert!(!program.has_ended(), "it has ended; its log is {log}");
        assert!(
            begun.elapsed() < PATIENCE,
            "no sign of it; its log is {log}"
        );
        std::thread::sleep(POLL);
    }
}
