//! Events of a review, one type per topic.

use crate::item::{CheckReport, StaleReason};
use crate::{BlockRule, Category, Finding, bounds};
use events::{EventId, Message, NewEvent};
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

/// Key of a review: a pull request at one head. Every event of a review contains it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReviewKey {
    pub pr: PrKey,
    /// Commit under review.
    pub head_sha: HeadSha,
}

impl std::fmt::Display for ReviewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.pr, self.head_sha)
    }
}

/// Requests a review of a head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewRequested {
    #[serde(flatten)]
    pub review: ReviewKey,
    /// Base commit as of the delivery. `coordinator` uses the stored state of the
    /// pull request instead.
    pub base_sha: HeadSha,
    /// Cause of the request.
    #[serde(default)]
    pub cause: RequestCause,
}
message!(ReviewRequested, "agent.pr.review_requested");

/// Cause of a review request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestCause {
    /// A new head, or a manual request for another review.
    #[default]
    Head,
    /// The head is unchanged, but other properties of the pull request have changed
    /// and may decide whether to skip it.
    Facts,
}

/// A review has started and its specialists are requested. Delivered with a delay, it
/// marks the review's deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewBegun {
    #[serde(flatten)]
    pub review: ReviewKey,
    /// Event that requested the review: a review may start more than once.
    pub request: EventId,
}
message!(ReviewBegun, "agent.pr.review_begun");

/// A head is no longer to be reviewed: it is replaced or closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewDropped {
    #[serde(flatten)]
    pub review: ReviewKey,
    /// Reason why the review is no longer needed.
    pub why: StaleReason,
}
message!(ReviewDropped, "agent.pr.review_dropped");

/// A pull request is skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewSkipped {
    #[serde(flatten)]
    pub review: ReviewKey,
    pub reason: SkipReason,
}
message!(ReviewSkipped, "agent.pr.review_skipped");

/// Reason for skipping a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// Reviews are disabled in this repository.
    Disabled,
    /// The author is a bot.
    Bot,
    /// The settings exclude the author.
    Author,
    /// The pull request is a draft.
    Draft,
    /// The pull request has a label that disables reviews.
    Label,
    /// The settings are invalid, so the policy is unknown.
    InvalidPolicy,
    /// GitHub finally refuses to show the settings or the files of the base branch.
    Unreadable,
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

/// Requests a check from a specialist. Each specialist has its own topic:
/// [`CheckRequested::topic`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRequested {
    #[serde(flatten)]
    pub review: ReviewKey,
    pub base_sha: HeadSha,
}

impl CheckRequested {
    /// Returns the topic that the specialist of `category` subscribes to.
    pub fn topic(category: Category) -> &'static str {
        match category {
            Category::Security => "agent.pr.security_check",
            Category::Style => "agent.pr.style_check",
            Category::Logic => "agent.pr.logic_check",
        }
    }

    /// Creates the request to the specialist of `category`.
    pub fn say(&self, category: Category) -> NewEvent {
        NewEvent::on(Self::topic(category), self.review.pr.to_string(), self)
    }
}

/// A specialist has finished; its state item holds the findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckCompleted {
    #[serde(flatten)]
    pub review: ReviewKey,
    pub category: Category,
    /// Number of findings.
    pub findings: u32,
}
message!(CheckCompleted, "agent.pr.check_completed");

/// The security specialist found a reason not to merge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    #[serde(flatten)]
    pub review: ReviewKey,
    pub reason: BlockReason,
    /// Places as `path:line rule`, with `(gone)` for a line of the old file; at most
    /// ten.
    pub details: Vec<String>,
}
message!(Block, "agent.pr.block");

/// Maximum number of places in a block; the review lists all.
const MOST_DETAILS: usize = 10;
/// Size limit of a place in bytes; a longer path is cut.
const LONGEST_DETAIL: usize = 1_024;

impl Block {
    /// Creates the event if `report` contains a finding that blocks merging under `rule`.
    pub fn of(review: &ReviewKey, report: &CheckReport, rule: &BlockRule) -> Option<Self> {
        let place = |finding: &Finding| {
            let mut place = format!("{} {}", finding.place(), finding.rule);
            bounds::cut(&mut place, LONGEST_DETAIL);
            place
        };
        let findings = report.findings.iter();
        let blocking = findings.filter(|finding| finding.blocks(rule));
        let details: Vec<_> = blocking.map(place).take(MOST_DETAILS).collect();
        (!details.is_empty()).then(|| Self {
            review: review.clone(),
            reason: BlockReason::SecurityIssues,
            details,
        })
    }
}

/// Reason for blocking a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockReason {
    /// The security specialist has findings of high severity.
    SecurityIssues,
}

/// Requests a second look at a model's findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondLookRequested {
    #[serde(flatten)]
    pub review: ReviewKey,
    /// Number of findings to prove; the review's state holds them.
    pub findings: u32,
}
message!(SecondLookRequested, "agent.pr.second_look_requested");

/// The second look is complete; its state item holds the results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondLookCompleted {
    #[serde(flatten)]
    pub review: ReviewKey,
    /// Number of proven findings.
    pub proven: u32,
}
message!(SecondLookCompleted, "agent.pr.second_look_completed");

/// The verdict is stored and ready to be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewCompleted {
    #[serde(flatten)]
    pub review: ReviewKey,
    /// Number of findings.
    pub findings: u32,
    /// Specialists that missed the deadline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Category>,
}
message!(ReviewCompleted, "agent.pr.review_completed");

/// A review is published on GitHub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewPublished {
    #[serde(flatten)]
    pub review: ReviewKey,
    /// Base branch of the review; `None` in events of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_branch: Option<String>,
    /// GitHub's id of the review; `None` if the verdict has no review of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_id: Option<u64>,
    /// Number of inline comments.
    pub comments: u32,
}
message!(ReviewPublished, "agent.pr.review_published");

/// A review is stored but not posted: `publish = false`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewRecorded {
    #[serde(flatten)]
    pub review: ReviewKey,
    /// Number of inline comments that the review would have.
    pub comments: u32,
}
message!(ReviewRecorded, "agent.pr.review_recorded");
