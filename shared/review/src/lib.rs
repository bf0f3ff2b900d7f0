//! Findings, the [`Reviewer`]s that produce them, and the events of a review.

pub mod bounds;
pub mod change;
pub mod frame;
pub mod item;
pub mod message;
pub mod revocation;
pub mod rules;

mod reviewer;
mod wanted;

pub use findings::{
    BlockRule, Category, Confidence, Coverage, Finding, Fingerprint, MODEL, Places, SECRET,
    Severity, Side, merged,
};
pub use reviewer::{Change, Report, ReviewError, Reviewer, Usage};
pub use wanted::UnneededReason;
