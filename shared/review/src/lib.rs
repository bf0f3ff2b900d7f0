//! Findings, the [`Reviewer`]s that make them, and the events that a review is
//! made of.

pub mod item;
pub mod message;
pub mod rules;

mod finding;
mod reviewer;

pub use finding::{Category, Confidence, Coverage, Finding, Severity};
pub use reviewer::{Change, Report, ReviewError, Reviewer};
