//! The security specialist: committed secrets, injection, unsafe settings.
//!
//! *Hears* `agent.pr.security_check`.
//! *Reads* and *writes* as every [`specialist`] does.
//! *Says* `agent.pr.check_completed`, and `agent.pr.block` when something found
//! must not be merged.

pub mod rules;

use event::Say;
use review::Category;
use review::item::CheckReport;
use review::message::{Block, CheckRequested};
use specialist::{Deps, Specialist};

/// What a model is asked to look for.
pub const LENS: &str = "\
    Look for ways in which the added lines let somebody do what they should not: injection into \
    queries, commands, paths, templates or markup; checks of identity or rights that are missing, \
    too late or on the wrong thing; secrets that are committed or logged; cryptography, randomness, \
    TLS or cookies used in a way that does not protect; unsafe deserialisation; requests to \
    addresses that a stranger chooses; races that a stranger can win.";

/// The function.
pub fn security(deps: Deps) -> Specialist {
    Specialist {
        name: "security",
        category: Category::Security,
        reviewers: deps.reviewers(rules::reviewer(), LENS),
        also_says: block,
        deps,
    }
}

fn block(asked: &CheckRequested, report: &CheckReport) -> Vec<Say> {
    let block = Block::of(&asked.review, report);
    block.iter().map(Say::new).collect()
}
