//! The logic specialist: what will not do what it says.
//!
//! *Hears* `agent.pr.logic_check`.
//! *Reads* and *writes* as every [`specialist`] does.
//! *Says* `agent.pr.check_completed`.

pub mod rules;

use review::Category;
use specialist::{Deps, Specialist};

/// The function.
pub fn logic(deps: Deps) -> Specialist {
    Specialist {
        name: "logic",
        category: Category::Logic,
        reviewers: vec![Box::new(rules::reviewer())],
        also_says: |_, _| Vec::new(),
        deps,
    }
}
