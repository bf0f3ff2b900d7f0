//! Server as a process: its answers, its effects on GitHub, and recovery after `kill -9`.

mod answers;
mod child;
#[path = "../common/mod.rs"]
mod common;
mod dry_run;
mod killed;
mod pull_request;
mod simulated_github;
