//! `github-bot bus` as a process: its answers to AWS SDKs and its calls of functions.

#[path = "../common/mod.rs"]
mod common;

mod bus;
mod calls;
mod clock;
mod functions;
mod refusals;
mod stopping;
