//! `github-bot bus` as a process: what it answers AWS SDKs, and what the functions
//! behind it are called with.

#[path = "../common/mod.rs"]
mod common;

mod bus;
mod calls;
mod clock;
mod functions;
mod refusals;
mod stopping;
