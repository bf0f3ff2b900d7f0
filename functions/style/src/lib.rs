//! The style specialist: what a careful reader would not leave in.
//!
//! *Hears* `agent.pr.style_check`.
//! *Reads* and *writes* as every [`specialist`] does.
//! *Says* `agent.pr.check_completed`.

pub mod rules;

use review::Category;
use specialist::{Deps, Specialist};

/// The function.
pub fn style(deps: Deps) -> Specialist {
    Specialist {
        name: "style",
        category: Category::Style,
        reviewers: vec![Box::new(rules::reviewer())],
        also_says: |_, _| Vec::new(),
        deps,
    }
}
