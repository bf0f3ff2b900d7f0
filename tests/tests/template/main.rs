//! Checks that `infra/template.yaml` grants minimal permissions, contains no secret, and loses no
//! event.
//!
//! A guard is a function that returns the template's violations. Each test also breaks the template
//! to show that its guard detects the violation.

#![expect(clippy::indexing_slicing, reason = "a missing JSON value is null")]

mod alarms;
mod authority;
mod delivery;
mod environment;
mod infra;
mod parameters;
mod queues;
mod table;
