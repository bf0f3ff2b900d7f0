//! Runs every function in one process, wired by the rules of `infra/template.yaml`.

pub mod bus;
pub mod call;
pub mod cli;
pub mod eval;
pub mod eventbridge;
pub mod queue;
pub mod registry;
pub mod rules;
pub mod runner;
pub mod schedule;
pub mod serve;
pub mod server;
pub mod simulate;
pub mod template;
