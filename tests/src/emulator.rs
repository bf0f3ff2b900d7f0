//! A local AWS emulator: `ministack`, in a Python virtual environment created under
//! `target/` at first use. A missing requirement fails the test with instructions; no
//! test is skipped.

use crate::python::{self, Requirements};
use crate::target;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use lambda::SdkConfig;
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// AWS region of all tests.
pub const REGION: &str = "us-east-1";
const REQUIREMENTS: Requirements = Requirements {
    file: "tests/requirements.txt",
    text: include_str!("../requirements.txt"),
    options: &[],
};
/// Start timeout. The emulator starts in a second or two; a busy machine takes longer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Interval between polls.
const POLL: Duration = Duration::from_millis(20);
/// Number of ports to try, because another program may take a port between its selection
/// and its use.
const PORTS_TRIED: u32 = 3;

/// An AWS emulator on its own port on 127.0.0.1. It stops when it is dropped, or when
/// this program ends for any reason.
#[derive(Debug)]
pub struct Emulator {
    process: Child,
    python: PathBuf,
    port: u16,
    log: PathBuf,
    tables: AtomicU32,
}

impl Emulator {
    /// Returns the emulator shared by all tests of this program.
    ///
    /// # Panics
    /// As [`Emulator::start`].
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Emulator> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Starts an emulator and waits until it responds. Its log is under
    /// `target/emulator/`.
    ///
    /// # Panics
    /// Panics if Python or a package is missing, or the emulator does not respond
    /// within a minute; the message has instructions.
    pub fn start() -> Self {
        let directory = target::directory().join("emulator");
        let python = python::with(&REQUIREMENTS, &directory);
        for _ in 0..PORTS_TRIED {
            let mut emulator = Self::spawn(&python, &directory);
            if emulator.answers() {
                return emulator;
            }
        }
        panic!(
            "ministack ended or did not answer, {PORTS_TRIED} times; its log is in {}",
            directory.display()
        );
    }

    fn spawn(python: &Path, directory: &Path) -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let nth = STARTED.fetch_add(1, Ordering::Relaxed);
        let program = std::env::current_exe().expect("this program has a path");
        let name = program.file_stem().unwrap_or_default().to_string_lossy();
        let log = directory.join(format!("{name}-{nth}.log"));
        let scratch = directory.join("scratch");
        fs::create_dir_all(&scratch).expect("target/ can be written to");
        let output = fs::File::create(&log).expect("target/ can be written to");
        let port = free_port();
        // Clear the environment, so that a developer's AWS settings do not affect
        // the tests. The emulated functions inherit these variables.
        let process = Command::new(python)
            .args(["-c", include_str!("emulator/watched.py")])
            .current_dir(&scratch)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", &scratch)
            .env("TMPDIR", &scratch)
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
            .env("AUTH", "true")
            .env("IOT_MTLS_ENABLED", "0")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(output.try_clone().expect("a log can be shared"))
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not run: {error}", python.display()));
        Self {
            process,
            python: python.to_owned(),
            port,
            log,
            tables: AtomicU32::new(0),
        }
    }

    /// Waits for a response. Returns `false` on a timeout.
    fn answers(&mut self) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if self.process.try_wait().is_ok_and(|ended| ended.is_some()) {
                return false;
            }
            if is_healthy(self.port) {
                return true;
            }
            std::thread::sleep(POLL);
        }
        false
    }

    /// Returns its address, `http://127.0.0.1:…`, the value of `AWS_ENDPOINT_URL`
    /// for clients.
    pub fn endpoint_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns its process id.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Returns the path of its log.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Returns the folder of its files, which tests may use too.
    pub fn folder(&self) -> &Path {
        self.log.parent().expect("a log is in a folder")
    }

    /// Calls `operation` of `service`, such as `sqs` and `receive-message`, with the
    /// AWS CLI and administrator permissions.
    ///
    /// # Panics
    /// Panics if the call fails; the message has its output.
    pub fn aws(&self, service: &str, operation: &str, input: &Value) -> Value {
        let input = input.to_string();
        // The environment variable has no effect on SQS.
        let endpoint = ["--endpoint-url", &self.endpoint_url()];
        let call = [service, operation, "--cli-input-json", &input];
        let output = self.cli(&[&endpoint[..], &call[..]].concat());
        if output.trim().is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&output).unwrap_or_else(|error| panic!("{error}: {output}"))
    }

    /// Runs the AWS CLI with `arguments` and returns its output.
    ///
    /// # Panics
    /// Panics if the command fails; the message has its output.
    pub fn cli(&self, arguments: &[&str]) -> String {
        let output = Command::new(&self.python)
            .args(["-m", "awscli", "--output", "json"])
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.folder())
            .env("AWS_ENDPOINT_URL", self.endpoint_url())
            .env("AWS_REGION", REGION)
            .env("AWS_DEFAULT_REGION", REGION)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .output()
            .unwrap_or_else(|error| panic!("{}: {error}", self.python.display()));
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "aws {}: {words}; the emulator's log is {}",
            arguments.join(" "),
            self.log.display()
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Returns the SDK configuration of a client with administrator permissions.
    pub fn sdk_config(&self) -> SdkConfig {
        let settings = config::Aws {
            region: REGION.to_owned(),
            access_key_id: "test".to_owned(),
            secret_access_key: "test".into(),
            session_token: None,
            endpoint_url: Some(self.endpoint_url()),
        };
        lambda::sdk_config(settings, &egress::unguarded().expect("TLS can be set up"))
    }

    /// Creates an empty state table and returns its name.
    ///
    /// # Panics
    /// Panics if the emulator does not create it.
    pub async fn state_table(&self) -> String {
        let name = format!("state-{}", self.tables.fetch_add(1, Ordering::Relaxed));
        let text = |name: &str| {
            AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S)
                .build()
                .expect("it has a name and a type")
        };
        let key = |name: &str, key_type| {
            KeySchemaElement::builder()
                .attribute_name(name)
                .key_type(key_type)
                .build()
                .expect("it has a name and a type")
        };
        Client::new(&self.sdk_config())
            .create_table()
            .table_name(&name)
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(text("kind"))
            .attribute_definitions(text("key"))
            .key_schema(key("kind", KeyType::Hash))
            .key_schema(key("key", KeyType::Range))
            .send()
            .await
            .unwrap_or_else(|error| {
                panic!(
                    "table {name} was not made: {}; the log is {}",
                    aws_sdk_dynamodb::error::DisplayErrorContext(error),
                    self.log.display()
                )
            });
        name
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // The guard kills its process group when its standard input closes.
        drop(self.process.stdin.take());
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(5) {
            if self.process.try_wait().is_ok_and(|ended| ended.is_some()) {
                return;
            }
            std::thread::sleep(POLL);
        }
        let _it_has_ended = self.process.kill();
        let _it_has_ended = self.process.wait();
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("127.0.0.1 has a free port")
        .port()
}

fn is_healthy(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let Ok(mut stream) = TcpStream::connect(address) else {
        return false;
    };
    let request = "GET /_ministack/health HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n";
    let mut status = [0; 12];
    let asked = stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .and_then(|()| stream.write_all(request.as_bytes()))
        .and_then(|()| stream.read_exact(&mut status));
    asked.is_ok() && status == *b"HTTP/1.1 200"
}
