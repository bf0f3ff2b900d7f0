//! Refusals of bad manifests, by file and line.

mod conflicts;
mod environment;
mod fixture;
mod folders;
mod own_events;
mod parameters;
mod patterns;
mod sources;
mod types;
mod values;
