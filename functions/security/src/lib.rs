//! The security specialist: committed secrets, injection, unsafe settings.
//!
//! *Hears* `agent.pr.security_check`.
//! *Reads* and *writes* as every [`specialist`] does.
//! *Says* `agent.pr.check_completed`, and `agent.pr.block` when something found
//! must not be merged.

pub mod rules;

use event::Say;
use review::item::CheckReport;
use review::message::{Block, BlockReason, CheckRequested};
use review::{Category, Finding};
use specialist::{Deps, Specialist};

/// A block names so many places at most: the review names them all.
const MOST_DETAILS: usize = 10;

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
    let place = |finding: &Finding| format!("{}:{} {}", finding.path, finding.line, finding.rule);
    let blocking = report.findings.iter().filter(|finding| finding.blocks());
    let details: Vec<_> = blocking.map(place).take(MOST_DETAILS).collect();
    if details.is_empty() {
        return Vec::new();
    }
    vec![Say::new(&Block {
        review: asked.review.clone(),
        reason: BlockReason::SecurityIssues,
        details,
    })]
}
