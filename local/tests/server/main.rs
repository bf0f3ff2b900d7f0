//! The server as a process: what it answers, what it leaves on GitHub, and what
//! is left after `kill -9`.

mod answers;
mod child;
#[path = "../common/mod.rs"]
mod common;
mod dry_run;
mod killed;
