//! The style specialist: what a careful reader would not leave in.
//!
//! *Hears* `agent.pr.style_check`.
//! *Reads* and *writes* as every [`specialist`] does.
//! *Says* `agent.pr.check_completed`.

pub mod rules;

use review::Category;
use specialist::{Deps, Specialist};

/// What a model is asked to look for.
pub const LENS: &str = "\
    Look for what the author would not have left in, had they looked once more: names or comments \
    that say something else than the code does, leftovers of debugging, dead code, a public \
    function whose errors nobody can tell, a copy of what stands beside it. Not formatting, not \
    naming conventions, not taste. Severity is low at most.";

/// The function.
pub fn style(deps: Deps) -> Specialist {
    Specialist {
        name: "style",
        category: Category::Style,
        reviewers: deps.reviewers(rules::reviewer(), LENS),
        also_says: |_, _| Vec::new(),
        deps,
    }
}
