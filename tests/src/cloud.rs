//! Deploys `infra/template.yaml` into the AWS emulator, with the functions' real
//! binaries and a simulated GitHub on loopback.

mod build;

use crate::bot::KINDS;
use crate::emulator::Emulator;
use crate::waiting;
use events::{Batches, Clock, SeededEntropy, SystemClock, SystemEntropy};
use fake_github::{WebhookDelivery, World};
use http::StatusCode;
use lambda::{DynamoDb, EventBridge};
use serde_json::{Value, json};
use state::StateBackend;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// Webhook secret of both GitHub and the function.
pub(crate) const SECRET: &str = "It's a Secret to Everybody";
const STACK: &str = "github-bot";
const CODE: &str = "code";
/// Folder of the binaries and the template.
const STAGED: &str = "deployed";
/// Timeout of a condition. Most take a second; a busy machine takes longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// The deployed stack.
pub struct Cloud {
    pub emulator: Emulator,
    pub world: World,
    outputs: Value,
    dead_letters: tokio::sync::Mutex<Vec<Value>>,
}

impl Cloud {
    /// Returns the stack shared by all tests of this program.
    ///
    /// # Panics
    /// Panics if a function does not build, the emulator does not start, or the
    /// template does not deploy; the message names the cause.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Cloud> = OnceCell::const_new();
        SHARED.get_or_init(Self::deploy).await
    }

    async fn deploy() -> Self {
        let emulator = Emulator::start();
        let world = World::new(Arc::new(SystemClock), Arc::new(SeededEntropy::new(7)));
        let github = serve(world.clone());
        let folder = emulator.folder().join(STAGED);
        let template = build::stage(&folder);
        let put = |name: &str, value: &str| {
            let input = json!({ "Name": name, "Value": value, "Type": "SecureString" });
            emulator.aws("ssm", "put-parameter", &input);
        };
        put("/github-bot/webhook-secret", SECRET);
        put("/github-bot/github-token", &world.token());
        emulator.aws("s3api", "create-bucket", &json!({ "Bucket": CODE }));
        deploy(&emulator, &template, &github);
        let stacks = json!({ "StackName": STACK });
        let described = emulator.aws("cloudformation", "describe-stacks", &stacks);
        let outputs = at(&described, "/Stacks/0/Outputs").clone();
        let cloud = Self {
            emulator,
            world,
            outputs,
            dead_letters: tokio::sync::Mutex::default(),
        };
        // The emulator does not support archives in a template.
        let bus = cloud.output("BusName").to_owned();
        let described = cloud.aws("events", "describe-event-bus", json!({ "Name": bus }));
        let archive = json!({ "ArchiveName": bus, "EventSourceArn": at(&described, "/Arn") });
        cloud.aws("events", "create-archive", archive);
        cloud
    }

    /// Returns the path of a function's binary.
    pub fn bootstrap(&self, function: &str) -> PathBuf {
        build::bootstrap(&self.emulator.folder().join(STAGED), function)
    }

    /// Calls AWS with administrator permissions.
    pub fn aws(&self, service: &str, operation: &str, input: Value) -> Value {
        self.emulator.aws(service, operation, &input)
    }

    /// Returns an output of the stack.
    pub fn output(&self, key: &str) -> &str {
        let outputs = self.outputs.as_array().map_or(&[][..], Vec::as_slice);
        let found = outputs
            .iter()
            .find(|output| at(output, "/OutputKey") == key);
        found
            .and_then(|output| at(output, "/OutputValue").as_str())
            .unwrap_or_else(|| panic!("the stack has no output {key}: {:#}", self.outputs))
    }

    /// Sends a delivery to the HTTP API, signed like GitHub's.
    pub async fn deliver(&self, delivery: &WebhookDelivery) -> (StatusCode, Value) {
        self.deliver_as(delivery, &delivery.body).await
    }

    /// Like [`deliver`](Cloud::deliver), with a body that differs from the signed
    /// one.
    pub async fn deliver_as(&self, delivery: &WebhookDelivery, body: &[u8]) -> (StatusCode, Value) {
        let url: reqwest::Url = self.output("WebhookUrl").parse().expect("a URL");
        let host = url.host_str().expect("a host").to_owned();
        let api = host.split('.').next().expect("an API's id");
        let address = self.emulator.endpoint_url();
        // A client per call: a connection must not outlive the test's runtime.
        let mut request = egress::unguarded()
            .expect("TLS can be set up")
            .post(format!("{address}{}", url.path()))
            .header("host", format!("{api}.execute-api.localhost"))
            .body(body.to_vec());
        for (name, value) in delivery.headers(SECRET) {
            request = request.header(name, value);
        }
        let answer = request.send().await.expect("the HTTP API answers");
        let status = answer.status();
        let text = answer.text().await.expect("an answer");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        (status, body)
    }

    /// Returns the bus, to publish events from outside.
    pub fn bus(&self) -> Batches<EventBridge> {
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        EventBridge::bus(
            &self.emulator.sdk_config(),
            self.output("BusName"),
            clock,
            entropy,
        )
    }

    /// Returns the deployed table.
    pub fn state(&self) -> DynamoDb {
        DynamoDb::new(&self.emulator.sdk_config(), self.output("TableName"))
    }

    /// Returns the content of the table, by key.
    pub async fn items(&self) -> BTreeMap<String, String> {
        let (state, now) = (self.state(), SystemClock.now());
        let mut items = BTreeMap::new();
        for kind in KINDS {
            let prefix = kind.parse().expect("a kind");
            let listed = state.list(&prefix, None, usize::MAX >> 1, now).await;
            let listed = listed.expect("the table").into_iter();
            items.extend(listed.map(|(key, item)| (key.to_string(), item.value)));
        }
        items
    }

    /// Returns all messages of the dead-letter queue so far.
    pub async fn dead_letters(&self) -> Vec<Value> {
        let mut letters = self.dead_letters.lock().await;
        let url = self.output("DeadLettersUrl");
        let input = json!({ "QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 600 });
        let received = self.aws("sqs", "receive-message", input);
        let messages = at(&received, "/Messages")
            .as_array()
            .cloned()
            .unwrap_or_default();
        letters.extend(messages.iter().map(|message| {
            let body = at(message, "/Body").as_str().unwrap_or_default();
            serde_json::from_str(body).unwrap_or_else(|_| body.into())
        }));
        letters.clone()
    }

    /// Waits until no event is in flight, except deadlines.
    pub async fn until_quiet(&self) {
        self.eventually("no event is in flight", async || {
            let queues = self.aws("sqs", "list-queues", json!({}));
            let urls = at(&queues, "/QueueUrls")
                .as_array()
                .cloned()
                .unwrap_or_default();
            let is_working = |url: &&str| !url.contains("Deadline") && !url.contains("DeadLetters");
            let working = urls.iter().filter_map(Value::as_str).filter(is_working);
            let mut waiting = 0;
            for url in working {
                let names = [
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                ];
                let input = json!({ "QueueUrl": url, "AttributeNames": names });
                let answer = self.aws("sqs", "get-queue-attributes", input);
                let count = |name| {
                    at(&answer, &format!("/Attributes/{name}"))
                        .as_str()
                        .map(str::parse::<u32>)
                };
                waiting += names
                    .into_iter()
                    .filter_map(count)
                    .filter_map(Result::ok)
                    .sum::<u32>();
            }
            (waiting == 0).then_some(())
        })
        .await;
    }

    /// Deletes an item of the table.
    pub async fn lose(&self, key: &str) {
        let kind = key.split(':').next().expect("a kind");
        let item = json!({ "kind": { "S": kind }, "key": { "S": key } });
        let input = json!({ "TableName": self.output("TableName"), "Key": item });
        self.aws("dynamodb", "delete-item", input);
    }

    /// Polls `condition` until it returns a value.
    ///
    /// # Panics
    /// Panics on a timeout; the message names the log file.
    pub async fn eventually<T>(&self, what: &str, condition: impl AsyncFnMut() -> Option<T>) -> T {
        let log = format!("the emulator's log is {}", self.emulator.log().display());
        waiting::eventually(what, PATIENCE, &log, condition).await
    }
}

/// Returns the value at `path` (RFC 6901), or null.
fn at<'a>(answer: &'a Value, path: &str) -> &'a Value {
    answer.pointer(path).unwrap_or(&Value::Null)
}

/// Serves `world` until the program ends, and returns its address.
pub(crate) fn serve(world: World) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a socket");
    let address = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
            fake_github::serve(world, listener).await
        })
    });
    format!("http://{address}")
}

fn deploy(emulator: &Emulator, template: &Path, github: &str) {
    let packaged = template.with_file_name("packaged.yaml");
    let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    emulator.cli(&[
        "cloudformation",
        "package",
        "--template-file",
        &path(template),
        "--s3-bucket",
        CODE,
        "--output-template-file",
        &path(&packaged),
    ]);
    let architecture = match std::env::consts::ARCH {
        "aarch64" => "arm64",
        arch => arch,
    };
    emulator.cli(&[
        "cloudformation",
        "deploy",
        "--template-file",
        &path(&packaged),
        // The AWS CLI uploads a template of this size to a bucket.
        "--s3-bucket",
        CODE,
        "--stack-name",
        STACK,
        "--capabilities",
        "CAPABILITY_IAM",
        "CAPABILITY_AUTO_EXPAND",
        "--parameter-overrides",
        &format!("Architecture={architecture}"),
        &format!("GitHubApiUrl={github}"),
        "AllowAddresses=loopback",
    ]);
}
