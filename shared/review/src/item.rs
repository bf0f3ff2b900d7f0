//! State items of a pull request and its reviews, one type per item.

use crate::message::{ReviewCompleted, ReviewKey, SkipReason};
use crate::revocation::Revocations;
use crate::{Category, Coverage, Finding, Fingerprint, Usage};
use events::{EventId, Timestamp};
use github::port::ReviewEvent;
use github::{Author, Base, HeadSha, PrKey, RepoName};
use policy::{Attributes, Policy};
use serde::{Deserialize, Serialize};
use state::Key;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Retention of a head's items: longer than any redelivery.
pub const RETENTION: Duration = Duration::from_hours(90 * 24);

#[expect(
    clippy::expect_used,
    reason = "GitHub's names are validated on arrival"
)]
fn key(kind: &str, rest: &str) -> Key {
    Key::new(kind, rest).expect("kinds and GitHub's names are valid keys")
}

/// `pr:{owner}/{repo}#{n}`: the pull request as of its newest delivery. Written by
/// `pull-request`, read by functions that need the newest head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequestItem {
    /// Newest commit.
    pub head_sha: HeadSha,
    /// Previous newest commit, if a push named it.
    pub before: Option<HeadSha>,
    /// Base branch, the target of the merge.
    pub base: Base,
    pub author: Author,
    /// Repository of the head; `None` if the fork was deleted.
    #[serde(default)]
    pub head_repo: Option<RepoName>,
    /// `true` while not ready for review.
    #[serde(default)]
    pub draft: bool,
    /// Names of the labels.
    #[serde(default)]
    pub labels: Vec<String>,
    /// `false` once closed or merged.
    pub open: bool,
    /// Time of the change according to GitHub.
    pub updated_at: Timestamp,
    /// Newest published review.
    #[serde(default)]
    pub reviewed: Option<ReviewedHead>,
    /// Ends of listed secrets.
    #[serde(default)]
    pub revocations: Revocations,
}

/// A head with a published review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewedHead {
    /// The reviewed commit.
    pub head_sha: HeadSha,
    /// Time of the publication event.
    pub at: Timestamp,
}

impl PullRequestItem {
    pub fn key(pr: &PrKey) -> Key {
        key("pr", &pr.to_string())
    }

    /// Fails with the reason if a review of `head` is no longer needed.
    pub fn wants(&self, head: &HeadSha) -> Result<(), StaleReason> {
        if &self.head_sha != head {
            Err(StaleReason::Superseded(self.head_sha.clone()))
        } else if self.open {
            Ok(())
        } else {
            Err(StaleReason::Closed)
        }
    }
}

/// Reason why a review of a head is no longer needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StaleReason {
    /// A push created a newer head.
    Superseded(HeadSha),
    /// The pull request was closed or merged.
    Closed,
}

impl std::fmt::Display for StaleReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Superseded(by) => write!(f, "superseded by {}", by.short()),
            Self::Closed => f.write_str("the pull request is closed"),
        }
    }
}

/// `check:{owner}/{repo}#{n}@{head}/{category}`: the findings of one specialist. Written
/// by that specialist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckItem {
    /// Base commit that the change was compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_sha: Option<HeadSha>,
    /// The specialist's report.
    pub report: CheckReport,
}

impl CheckItem {
    pub fn key(review: &ReviewKey, category: Category) -> Key {
        key("check", &format!("{review}/{category}"))
    }

    /// Returns `true` if the report is about the change against `base`. A pull
    /// request can get another base branch without a new head.
    pub fn is_against(&self, base: &HeadSha) -> bool {
        self.base_sha.as_ref().is_none_or(|read| read == base)
    }
}

/// Report of one specialist, combined from all its reviewers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// Reviewers and their coverage.
    pub readers: Vec<Reader>,
    /// Findings, worst first.
    pub findings: Vec<Finding>,
    /// Number of findings dropped by the limit.
    #[serde(default)]
    pub not_kept: u32,
}

/// A reviewer and its remarks beside the findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    /// Name, such as `rules`, or a model's name.
    pub name: String,
    /// Files and lines that it read.
    pub coverage: Coverage,
    /// Remarks about the reading, each a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Model's score of the change, 1 to 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<u8>,
    /// Model usage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// `review:{owner}/{repo}#{n}@{head}`: collects the specialists' reports. Written by
/// `coordinator` (the expected specialists) and `verdict` (their reports).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewItem {
    /// Base commit: the diff is `base_sha...head_sha`.
    pub base_sha: HeadSha,
    /// Base branch, which also holds the settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_branch: Option<String>,
    /// Time of the last request to the specialists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<ReviewStart>,
    /// The repository's policy at the start of this review.
    #[serde(default)]
    pub policy: Policy,
    /// The repository's patterns of generated files at that time.
    #[serde(default)]
    pub attributes: Attributes,
    /// The repository's languages at that time, by GitHub's names, largest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Head of the review that was published at the start of this one.
    #[serde(default)]
    pub previous: Option<HeadSha>,
    /// Reason for skipping the review, if skipped.
    #[serde(default)]
    pub skipped: Option<SkippedHead>,
    /// Requested specialists.
    pub expected: Vec<Category>,
    /// Reports received so far.
    pub reports: BTreeMap<Category, CheckReport>,
    /// Findings by a model alone, to prove after all specialists have answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to_prove: Vec<Finding>,
    /// Final result.
    pub verdict: Option<Verdict>,
}

/// Start of a review. A repeated request before the verdict restarts the review and its
/// deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewStart {
    /// Event that requested the review.
    pub request: EventId,
    /// Time of the request to the specialists.
    pub at: Timestamp,
}

/// Reason for skipping a head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedHead {
    /// Kind of reason.
    pub reason: SkipReason,
    /// Explanation for people, in Markdown.
    pub why: String,
}

/// Maximum number of a model's findings in the second look: one prompt covers all of
/// them, and a state item has a size limit.
pub const MOST_TO_PROVE: usize = 30;

/// `second-look:{owner}/{repo}#{n}@{head}`: the results of the second look at a model's
/// findings. Written by `second-look`. A finding in neither map was not examined.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondLookItem {
    /// Base commit that the change was compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_sha: Option<HeadSha>,
    /// Proven findings, each with the line of the change that proves it.
    pub proven: BTreeMap<Fingerprint, String>,
    /// Findings without such a line, each with the reason.
    pub unproven: BTreeMap<Fingerprint, String>,
    /// Remarks for people, each a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Model usage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

impl SecondLookItem {
    pub fn key(review: &ReviewKey) -> Key {
        key("second-look", &review.to_string())
    }

    /// Returns `true` if it is about the change against `base`, like
    /// [`CheckItem::is_against`].
    pub fn is_against(&self, base: &HeadSha) -> bool {
        self.base_sha.as_ref().is_none_or(|read| read == base)
    }
}

impl ReviewItem {
    pub fn key(review: &ReviewKey) -> Key {
        key("review", &review.to_string())
    }

    /// Creates a review that expects every specialist.
    pub fn of(base_sha: HeadSha) -> Self {
        Self {
            base_sha,
            base_branch: None,
            begun: None,
            policy: Policy::default(),
            attributes: Attributes::default(),
            languages: Vec::new(),
            previous: None,
            skipped: None,
            expected: Category::ALL.to_vec(),
            reports: BTreeMap::new(),
            to_prove: Vec::new(),
            verdict: None,
        }
    }

    /// Returns the requested specialists that have not reported.
    pub fn missing(&self) -> Vec<Category> {
        let silent = |category: &Category| !self.reports.contains_key(category);
        self.expected.iter().copied().filter(silent).collect()
    }
}

/// Review to publish, decided once by code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Time of the decision.
    pub decided_at: Timestamp,
    pub event: ReviewEvent,
    /// Findings posted at their lines, worst first. After an earlier review, only new
    /// ones.
    pub findings: Vec<Finding>,
    /// Findings listed without a comment: the reviewer's confidence is too low, or no
    /// line proves them. Worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsure: Vec<Finding>,
    /// Subset of [`unsure`](Verdict::unsure) that no line proves.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unproven: BTreeSet<Fingerprint>,
    /// New findings on lines that an earlier review covered, unless severe. Listed,
    /// worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub late: Vec<Finding>,
    /// Findings of an earlier review that still apply. Listed, worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub still_open: Vec<Finding>,
    /// Findings of an earlier review that no longer apply, as that review had them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolved: Vec<Finding>,
    /// Secrets of an earlier review that the change no longer contains. The history of the branch
    /// does, so they must be revoked. They do not block.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to_revoke: Vec<Finding>,
    /// Head of the earlier review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<HeadSha>,
    /// Number of findings below the policy's minimum severity; not shown.
    #[serde(default)]
    pub below_floor: u32,
    /// Score of the change from 1 to 10, if the findings allow one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality_score: Option<u8>,
    /// Specialists that missed the deadline.
    pub missing: Vec<Category>,
    /// Remarks about how the verdict was reached, each a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Model usage of the second look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

impl Verdict {
    /// Returns all shown findings that apply to the change, new and old.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().chain(&self.still_open)
    }

    /// Creates the event that announces the verdict.
    pub fn completed(&self, review: &ReviewKey) -> ReviewCompleted {
        ReviewCompleted {
            review: review.clone(),
            findings: u32::try_from(self.findings.len()).unwrap_or(u32::MAX),
            missing: self.missing.clone(),
        }
    }
}
