//! Settings of a review. The operator of the bot, the organisation and the repository can each
//! provide a settings file. Each file is a [`Layer`]. All layers, one over the other, make the
//! [`Policy`].
//!
//! This crate does not read files. The caller must read the repository's file from the **base**
//! branch, never from the head: otherwise a pull request could change the rules of its own review.
//!
//! ```
//! use policy::{Layer, Policy, Source};
//!
//! let deployment = Layer::parse("[budget]\ntokens_per_review = 50_000", Source::Deployment)?;
//! let repository = Layer::parse("drafts = \"review\"", Source::Repository)?;
//! let policy = Policy::default().over(deployment).over(repository);
//! assert_eq!(policy.budget.tokens_per_review, 50_000);
//! assert!(policy.wants("src/lib.rs"));
//! # Ok::<_, policy::PolicyError>(())
//! ```

mod approval;
mod attributes;
mod automaton;
mod choice;
mod depth;
mod error;
mod glob;
mod key;
mod layer;
mod paths;
mod policy;
mod read;
mod skip;
mod source;

pub use approval::{ApprovalFacts, AutoApprove, NoApprovalReason};
pub use attributes::Attributes;
pub use choice::{
    AuthorAssociation, Conclusion, FileLanguage, RequestChangesAt, Show, SkipConclusion, Treatment,
};
pub use error::{Excerpt, PolicyError, Problem, ProblemKind};
pub use glob::{Glob, InvalidGlob};
pub use key::KEYS;
pub use layer::Layer;
pub use paths::{Instruction, Paths};
pub use policy::{Budget, Checks, Policy, Shown};
pub use skip::{Facts, Skip};
pub use source::Source;

/// Maximum size of a settings file in bytes: 64 KiB.
pub const MAX_BYTES: usize = 64 * 1024;
