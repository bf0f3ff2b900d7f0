//! Runs the examples, and the contract of state backends on the example's own.

#[path = "../code_review.rs"]
mod code_review;
#[path = "../collaboration.rs"]
mod collaboration;
#[path = "../file_backend.rs"]
mod file_backend;
#[path = "../rule.rs"]
mod rule;
#[path = "../socket_source.rs"]
mod socket_source;
#[path = "../support.rs"]
mod support;
#[path = "../ticket_source.rs"]
mod ticket_source;

use state::StateBackend;
use std::fs;
use std::sync::Arc;

const FILES: [&str; 7] = [
    "code_review",
    "collaboration",
    "file_backend",
    "rule",
    "socket_source",
    "support",
    "ticket_source",
];

#[test]
fn code_review_requests_changes() {
    code_review::main().unwrap();
}

#[test]
fn collaboration_blocks() {
    collaboration::main().unwrap();
}

#[test]
fn rule_finds_debugger() {
    rule::main().unwrap();
}

#[test]
fn socket_source_publishes() {
    socket_source::main().unwrap();
}

#[test]
fn support_answers_once_per_message() {
    support::main().unwrap();
}

#[test]
fn ticket_source_publishes() {
    ticket_source::main().unwrap();
}

#[test]
fn examples_have_at_most_60_lines() {
    for name in FILES {
        let path = format!("{}/{name}.rs", env!("CARGO_MANIFEST_DIR"));
        let lines = fs::read_to_string(path).unwrap().lines().count();
        assert!(lines <= 60, "{name} has {lines} lines");
    }
}

async fn in_a_json_file() -> Arc<dyn StateBackend> {
    let file = tempfile::NamedTempFile::new().expect("a new file");
    Arc::new(file_backend::FileBackend {
        path: file.path().to_owned(),
        ..Default::default()
    })
}

state::state_contract!(file, super::in_a_json_file());
