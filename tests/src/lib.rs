//! Shared code of the end-to-end tests.

pub mod bot;
pub mod changes;
pub mod cloud;
pub mod convergence;
pub mod emulator;
pub mod interruption;
pub mod log;
pub mod model;
pub mod octokit;
#[rustfmt::skip]
pub mod samples;
mod program;
mod python;
pub mod sam;
pub mod steps;
pub mod story;
mod target;
mod waiting;
pub mod watch;
pub mod wire;
