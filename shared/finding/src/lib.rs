//! Findings: what is wrong, where, how bad and how sure. How those of several
//! reviewers become one list, and how one is known again after a push.

mod finding;
mod fingerprint;
mod merge;

pub use diff::Side;
pub use finding::{Category, Confidence, Coverage, Finding, MODEL, Severity};
pub use fingerprint::{Fingerprint, Places};
pub use merge::merged;
