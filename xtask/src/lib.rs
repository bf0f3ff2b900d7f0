//! Generates the wiring of the functions from their manifests.

pub mod alarms;
pub mod base;
pub mod bench;
pub mod cost;
pub mod crate_name;
pub mod folders;
pub mod include;
pub mod lock;
pub mod manifest;
pub mod markers;
pub mod naming;
pub mod new;
pub mod prose;
pub mod registration;
pub mod remove;
pub mod samples;
pub mod snapshot;
pub mod table;
pub mod template;
pub mod wire;
