//! The logic specialist: finds code whose behaviour differs from its appearance.
//!
//! *Subscribes to* `agent.pr.logic_check`.
//! *Reads* and *writes* like every [`specialist`].
//! *Emits* `agent.pr.check_completed`.

pub mod rules;

use review::Category;
use specialist::Specialist;

pub use specialist::{Deps, GitHub};

/// Focus of the model's prompt.
pub const LENS: &str = "\
    Look for what will not do what it says: conditions the wrong way round, off by one, wrong \
    operators or arguments, errors that are swallowed or mistaken for success, resources that are \
    not released, values that can be absent and are not checked, concurrent access without order, \
    awaits that are missing, time zones, rounding and overflow, states that a caller can reach and \
    nobody thought of.";

/// Creates the specialist.
pub fn handler(deps: Deps) -> Specialist {
    Specialist {
        name: "logic",
        category: Category::Logic,
        reviewers: deps.reviewers(rules::reviewer(), LENS),
        also_emits: |_, _, _| Vec::new(),
        deps,
    }
}
