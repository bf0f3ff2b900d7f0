//! Running `github-bot bus`, and a client of its EventBridge API.

use crate::common::{Answer, Process, eventually, exchange, send};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Duration;

/// Template of a shop. EventBridge calls `orders` without retries. `billing` polls a queue with
/// three tries. `reminders` polls a queue with a delay of 15 minutes.
pub const TEMPLATE: &str = r"
Resources:
  OrdersFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: orders
      EventInvokeConfig: { MaximumRetryAttempts: 0 }
  BillingFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: billing
      Events: { Bills: { Type: SQS, Properties: { Queue: !GetAtt BillingQueue.Arn } } }
  RemindersFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: reminders
      Events: { Late: { Type: SQS, Properties: { Queue: !GetAtt RemindersQueue.Arn } } }
  BillingQueue:
    Type: AWS::SQS::Queue
    Properties: { VisibilityTimeout: 0, RedrivePolicy: { maxReceiveCount: 3 } }
  RemindersQueue:
    Type: AWS::SQS::Queue
    Properties:
      DelaySeconds: 900
      VisibilityTimeout: 60
      RedrivePolicy: { maxReceiveCount: 2 }
  OrdersRule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: { detail-type: [order.placed], detail: { amount: [{ numeric: ['>', 0] }] } }
      Targets:
        - Id: orders
          Arn: !GetAtt OrdersFunction.Arn
          RetryPolicy: { MaximumRetryAttempts: 1 }
  BillingRule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: { source: [shop], detail-type: [{ prefix: order. }] }
      Targets: [{ Id: billing, Arn: !GetAtt BillingQueue.Arn }]
  RemindersRule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: { detail-type: [order.unpaid] }
      Targets: [{ Id: reminders, Arn: !GetAtt RemindersQueue.Arn }]
";

/// Running `github-bot bus --port 0`. Killed on drop.
pub struct Bus {
    process: Process,
    pub address: SocketAddr,
    /// Environment that it prints for the functions.
    pub environment: [String; 2],
}

impl Bus {
    /// Starts a bus in the folder `at` that calls functions at `lambda`.
    pub fn start(lambda: &str, at: &Path, more: &[&str]) -> Self {
        std::fs::write(at.join("shop.yaml"), TEMPLATE).expect("it can be written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_github-bot"));
        command
            .current_dir(at)
            .args(["bus", "--port", "0", "--template", "shop.yaml", "--lambda"])
            .arg(lambda)
            .args(more)
            .env_clear()
            .env("RUST_LOG", "off");
        let mut process = Process::start(command);
        let address = process.listening("");
        let environment = [process.line(), process.line()];
        Self {
            process,
            address,
            environment,
        }
    }

    /// Calls an operation as an SDK does, but without a signature.
    pub fn call(&self, operation: &str, body: &str) -> Answer {
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", operation),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        exchange(self.address, "POST", "/", &headers, body.as_bytes()).expect("an answer")
    }

    /// Publishes one event and checks that it is accepted.
    pub fn put(&self, detail_type: &str, detail: &Value) {
        let entry = json!({
            "Source": "shop",
            "DetailType": detail_type,
            "Detail": detail.to_string(),
            "EventBusName": "github-bot",
            "Time": 1_793_523_600.5,
            "Resources": ["arn:aws:s3:::orders"],
        });
        let answer = self.call(
            "AWSEvents.PutEvents",
            &json!({ "Entries": [entry] }).to_string(),
        );
        let body: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(body.get("FailedEntryCount"), Some(&json!(0)), "{body}");
    }

    /// Returns the number of waiting deliveries and of dead letters.
    pub fn depth(&self) -> (u64, u64) {
        let (_, body) = send(self.address, "GET", "/health", &[], b"").expect("an answer");
        let health: Value = serde_json::from_str(&body).expect("JSON");
        let count = |of: &str| health.pointer(of).and_then(Value::as_u64);
        let [waiting, delayed, dead] = ["waiting", "delayed", "dead"]
            .map(|of| count(&format!("/queue/{of}")).expect("a number"));
        (waiting + delayed, dead)
    }

    #[track_caller]
    pub fn settles_at(&self, waiting: u64, dead: u64) {
        eventually("the queue settles", Duration::from_secs(30), || {
            (self.depth() == (waiting, dead)).then_some(())
        });
    }

    pub fn ask_to_stop(&self) {
        self.process.ask_to_stop();
    }

    pub fn wait(self) -> ExitStatus {
        self.process.wait()
    }
}

/// Returns the output of `github-bot dead-letters` for the file.
pub fn dead_letters(file: &Path) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_github-bot"))
        .env_clear()
        .args(["dead-letters", "--state"])
        .arg(format!("sqlite://{}", file.display()))
        .output()
        .expect("github-bot runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}
