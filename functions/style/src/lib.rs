//! The style specialist: finds code that a careful author would have removed or
//! rewritten.
//!
//! *Subscribes to* `agent.pr.style_check`.
//! *Reads* and *writes* like every [`specialist`].
//! *Emits* `agent.pr.check_completed`.

pub mod rules;

use review::Category;
use specialist::Specialist;

pub use specialist::{Deps, GitHub};

/// Focus of the model's prompt.
pub const LENS: &str = "\
    Look for what the author would not have left in, had they looked once more: names or comments \
    that say something else than the code does, leftovers of debugging, dead code, a public \
    function whose errors nobody can tell, a copy of what stands beside it. Not formatting, not \
    naming conventions, not taste. Severity is low at most.";

/// Creates the specialist.
pub fn handler(deps: Deps) -> Specialist {
    Specialist {
        name: "style",
        category: Category::Style,
        reviewers: deps.reviewers(rules::reviewer(), LENS),
        also_emits: |_, _, _| Vec::new(),
        deps,
    }
}
