//! Findings, the [`Reviewer`]s that make them, and the events that a review is
//! made of.

pub mod change;
pub mod item;
pub mod message;
pub mod rules;

mod finding;
mod merge;
mod reviewer;

pub use finding::{Category, Confidence, Coverage, Finding, MODEL, Severity};
pub use merge::merged;
pub use reviewer::{Change, Report, ReviewError, Reviewer, Usage};
