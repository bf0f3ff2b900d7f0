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

/// The function.
pub fn security(deps: Deps) -> Specialist {
    Specialist {
        name: "security",
        category: Category::Security,
        reviewers: vec![Box::new(rules::reviewer())],
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
