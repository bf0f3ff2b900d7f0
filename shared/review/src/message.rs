//! What the functions say to each other about a review, one type a topic.

use crate::item::{CheckReport, Stale};
use crate::{Category, Finding, bounds};
use event::{EventId, Message, Say};
use github::{HeadSha, PrKey};
use policy::Skip;
use serde::{Deserialize, Serialize};

macro_rules! message {
    ($name:ident, $topic:literal) => {
        impl Message for $name {
            const TOPIC: &'static str = $topic;

            fn subject(&self) -> String {
                self.review.pr.to_string()
            }
        }
    };
}

/// One review: a pull request at one head. Every message about it begins so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReviewKey {
    /// The pull request.
    pub pr: PrKey,
    /// The commit under review.
    pub head_sha: HeadSha,
}

impl std::fmt::Display for ReviewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.pr, self.head_sha)
    }
}

/// A head wants a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewRequested {
    /// Which.
    #[serde(flatten)]
    pub review: ReviewKey,
    /// The base's commit, as the delivery had it: `coordinator` goes by what is known of
    /// the pull request when it hears this.
    pub base_sha: HeadSha,
    /// What brought it up.
    #[serde(default)]
    pub cause: RequestCause,
}
message!(ReviewRequested, "agent.pr.review_requested");

/// What brings up a review.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestCause {
    /// A head that is new, or that somebody wants to be looked at again.
    #[default]
    Head,
    /// The head is as it was; what is known of its pull request has changed, and may
    /// decide whether it is left alone.
    Facts,
}

/// A review has begun: its specialists are asked. Heard after a delay, it is the
/// review's deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewBegun {
    /// Which.
    #[serde(flatten)]
    pub review: ReviewKey,
    /// The event that asked for it: a review may begin more than once.
    pub request: EventId,
}
message!(ReviewBegun, "agent.pr.review_begun");

/// A head is given up whose review does not stand yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewDropped {
    /// Which.
    #[serde(flatten)]
    pub review: ReviewKey,
    /// Why nobody wants it any more.
    pub why: Stale,
}
message!(ReviewDropped, "agent.pr.review_dropped");

/// A pull request is left alone, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewSkipped {
    /// Which.
    #[serde(flatten)]
    pub review: ReviewKey,
    /// Why.
    pub reason: SkipReason,
}
message!(ReviewSkipped, "agent.pr.review_skipped");

/// Why a pull request is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// None is reviewed here.
    Disabled,
    /// A bot opened it.
    Bot,
    /// Its author's are not reviewed here.
    Author,
    /// It is not ready yet.
    Draft,
    /// It carries a label that keeps reviews away.
    Label,
    /// The settings cannot be read, so nobody knows what is wanted.
    InvalidPolicy,
}

impl From<&Skip> for SkipReason {
    fn from(skip: &Skip) -> Self {
        match skip {
            Skip::Disabled => Self::Disabled,
            Skip::Bot => Self::Bot,
            Skip::Author(_) => Self::Author,
            Skip::Draft => Self::Draft,
            Skip::Label(_) => Self::Label,
        }
    }
}

/// A specialist is asked to look. Each has a topic of its own:
/// [`CheckRequested::topic`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRequested {
    /// Which.
    #[serde(flatten)]
    pub review: ReviewKey,
    /// The base's commit.
    pub base_sha: HeadSha,
}

impl CheckRequested {
    /// The topic that asks the specialist of `category`.
    pub fn topic(category: Category) -> &'static str {
        match category {
            Category::Security => "agent.pr.security_check",
            Category::Style => "agent.pr.style_check",
            Category::Logic => "agent.pr.logic_check",
        }
    }

    /// Asks the specialist of `category`.
    pub fn say(&self, category: Category) -> Say {
        Say::on(Self::topic(category), self.review.pr.to_string(), self)
    }
}

/// A specialist is done; what it found is in its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckCompleted {
    /// Which.
    #[serde(flatten)]
    pub review: ReviewKey,
    /// Which specialist.
    pub category: Category,
    /// How many findings there are.
    pub findings: u32,
}
message!(CheckCompleted, "agent.pr.check_completed");

/// The security specialist found what must not be merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Which.
    #[serde(flatten)]
    pub review: ReviewKey,
    /// Why.
    pub reason: BlockReason,
    /// Where: `path:line rule`, with `(gone)` of a line of the old file; at most ten.
    pub details: Vec<String>,
}
message!(Block, "agent.pr.block");

/// A block names so many places at most: the review names them all.
const MOST_DETAILS: usize = 10;
/// Bytes of a place; more of its path is cut.
const LONGEST_DETAIL: usize = 1_024;

impl Block {
    /// What is said of `review` if something in `report` stands against merging.
    pub fn of(review: &ReviewKey, report: &CheckReport) -> Option<Self> {
        let place = |finding: &Finding| {
            let mut place = format!("{} {}", finding.place(), finding.rule);
            bounds::cut(&mut place, LONGEST_DETAIL);
            place
        };
        let blocking = report.findings.iter().filter(|finding| finding.blocks());
        let details: Vec<_> = blocking.map(place).take(MOST_DETAILS).collect();
        (!details.is_empty()).then(|| Self {
            review: review.clone(),
            reason: BlockReason::SecurityIssues,
            details,
        })
    }
}

/// Why a pull request must not be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockReason {
    /// Findings of high severity from the security specialist.
    SecurityIssues,
}

/// What a model alone has found is to be looked at a second time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofRequested {
    /// Which.
    #[serde(flatten)]
    pub review: ReviewKey,
    /// How many findings there are to prove; they are in the review's state.
    pub findings: u32,
}
message!(ProofRequested, "agent.pr.proof_check");

/// The second look is done; what came of it is in its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofCompleted {
    /// Which.
    #[serde(flatten)]
    pub review: ReviewKey,
    /// How many findings a line of the change proves.
    pub proven: u32,
}
message!(ProofCompleted, "agent.pr.proof_completed");

/// A verdict stands in the review's state and wants to be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewCompleted {
    /// Which.
    #[serde(flatten)]
    pub review: ReviewKey,
    /// How many findings there are.
    pub findings: u32,
    /// The specialists that did not answer in time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Category>,
}
message!(ReviewCompleted, "agent.pr.review_completed");

/// A review stands on GitHub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewPublished {
    /// Which.
    #[serde(flatten)]
    pub review: ReviewKey,
    /// GitHub's id of it.
    pub review_id: u64,
    /// How many inline comments it has.
    pub comments: u32,
}
message!(ReviewPublished, "agent.pr.review_published");

/// A review is recorded in state and not posted: `publish = false`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewRecorded {
    /// Which.
    #[serde(flatten)]
    pub review: ReviewKey,
    /// How many inline comments it would have.
    pub comments: u32,
}
message!(ReviewRecorded, "agent.pr.review_recorded");
