//! Generates the wiring of the functions from their manifests.

pub mod alarms;
pub mod bench;
pub mod manifest;
pub mod table;
pub mod template;
pub mod wire;
