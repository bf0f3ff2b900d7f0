//! The security specialist: committed secrets, injection, unsafe settings.
//!
//! *Subscribes to* `agent.pr.security_check`.
//! *Reads* and *writes* like every [`specialist`].
//! *Emits* `agent.pr.check_completed`, and `agent.pr.block` for a finding that blocks
//! merging.

pub mod rules;

use events::NewEvent;
use review::item::CheckReport;
use review::message::{Block, CheckRequested};
use review::{BlockRule, Category};
use specialist::Specialist;

pub use specialist::{Deps, GitHub};

/// Focus of the model's prompt.
pub const LENS: &str = "\
    Look for ways in which the added lines let somebody do what they should not: injection into \
    queries, commands, paths, templates or markup; checks of identity or rights that are missing, \
    too late or on the wrong thing; secrets that are committed or logged; cryptography, randomness, \
    TLS or cookies used in a way that does not protect; unsafe deserialisation; requests to \
    addresses that a stranger chooses; races that a stranger can win.";

/// Creates the specialist.
pub fn handler(deps: Deps) -> Specialist {
    Specialist {
        name: "security",
        category: Category::Security,
        reviewers: deps.reviewers(rules::reviewer(), LENS),
        also_emits: block,
        deps,
    }
}

fn block(asked: &CheckRequested, report: &CheckReport, rule: &BlockRule) -> Vec<NewEvent> {
    let block = Block::of(&asked.review, report, rule);
    block.iter().map(NewEvent::new).collect()
}
