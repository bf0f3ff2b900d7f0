//! Findings of reviewers: problem, place, severity and confidence. This crate merges the findings
//! of several reviewers and recognizes a finding after a push.

mod finding;
mod fingerprint;
mod merge;

pub use diff::Side;
pub use finding::{BlockRule, Category, Confidence, Coverage, Finding, MODEL, SECRET, Severity};
pub use fingerprint::{Fingerprint, Places};
pub use merge::merged;
