//! Every function in one process, wired by the rules of `infra/template.yaml`.

pub mod bus;
pub mod queue;
pub mod registry;
pub mod runner;
pub mod template;
