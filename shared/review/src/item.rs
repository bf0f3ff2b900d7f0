//! What is kept in state about a pull request and its reviews, one type an item.

use crate::message::{ReviewCompleted, ReviewKey, SkipReason};
use crate::{Category, Coverage, Finding, Fingerprint, Usage};
use event::{EventId, Timestamp};
use github::port::ReviewEvent;
use github::{Author, Base, HeadSha, PrKey, RepoName};
use policy::{Attributes, Policy};
use serde::{Deserialize, Serialize};
use state::Key;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long what was said of one head is kept: longer than any redelivery.
pub const RETENTION: Duration = Duration::from_hours(90 * 24);

#[expect(
    clippy::expect_used,
    reason = "GitHub's names are checked when they come in"
)]
fn key(kind: &str, rest: &str) -> Key {
    Key::new(kind, rest).expect("kinds and GitHub's names make keys")
}

/// `pr:{owner}/{repo}#{n}`: the pull request as its newest delivery told it.
/// Written by `pull-request`, read by whoever must know the newest head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequestItem {
    /// The newest commit.
    pub head_sha: HeadSha,
    /// The commit that was the newest before that, where a push told it.
    pub before: Option<HeadSha>,
    /// What it would be merged into.
    pub base: Base,
    /// Who opened it.
    pub author: Author,
    /// Where its head lives; `None` when the fork was deleted.
    #[serde(default)]
    pub head_repo: Option<RepoName>,
    /// Not ready for review yet.
    #[serde(default)]
    pub draft: bool,
    /// Names of its labels.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Neither closed nor merged.
    pub open: bool,
    /// GitHub's time of the change.
    pub updated_at: Timestamp,
    /// The newest review that stands on GitHub.
    #[serde(default)]
    pub reviewed: Option<Reviewed>,
}

/// A head whose review stands on GitHub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewed {
    /// The commit that was reviewed.
    pub head_sha: HeadSha,
    /// When that was told.
    pub at: Timestamp,
}

impl PullRequestItem {
    /// Its key.
    pub fn key(pr: &PrKey) -> Key {
        key("pr", &pr.to_string())
    }

    /// Whether a review of `head` is still wanted.
    pub fn wants(&self, head: &HeadSha) -> Result<(), Stale> {
        if &self.head_sha != head {
            Err(Stale::Superseded(self.head_sha.clone()))
        } else if self.open {
            Ok(())
        } else {
            Err(Stale::Closed)
        }
    }
}

/// Why a review of a head is no longer wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stale {
    /// A push brought a newer head.
    Superseded(HeadSha),
    /// The pull request was closed or merged.
    Closed,
}

impl std::fmt::Display for Stale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Superseded(by) => write!(f, "superseded by {}", by.short()),
            Self::Closed => f.write_str("the pull request is closed"),
        }
    }
}

/// `check:{owner}/{repo}#{n}@{head}/{category}`: what one specialist found.
/// Written by that specialist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckItem {
    /// The base's commit that it read the change against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_sha: Option<HeadSha>,
    /// What it has to say.
    pub report: CheckReport,
}

impl CheckItem {
    /// Its key.
    pub fn key(review: &ReviewKey, category: Category) -> Key {
        key("check", &format!("{review}/{category}"))
    }

    /// Whether it is about the change against `base`: a pull request may be given
    /// another base branch while its head stays.
    pub fn is_against(&self, base: &HeadSha) -> bool {
        self.base_sha.as_ref().is_none_or(|read| read == base)
    }
}

/// What a specialist has to say, all its reviewers together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// Who looked, and what they read.
    pub readers: Vec<Reader>,
    /// What they found, worst first.
    pub findings: Vec<Finding>,
    /// How many more there were than are kept.
    #[serde(default)]
    pub not_kept: u32,
}

/// Who looked, and what of it is told beside the findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    /// Its name, such as `rules`, or a model's.
    pub name: String,
    /// What it read.
    pub coverage: Coverage,
    /// What people should know of how it was read, each a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// How good a model finds the change, 1 to 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<u8>,
    /// What a model took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// `review:{owner}/{repo}#{n}@{head}`: where the specialists' reports meet.
/// Written by `coordinator` (who is asked) and `verdict` (what they said).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewItem {
    /// The base's commit: the diff is `base_sha...head_sha`.
    pub base_sha: HeadSha,
    /// The branch that it would be merged into, and whose settings these are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_branch: Option<String>,
    /// When the specialists were asked, the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<Begun>,
    /// What the repository wanted of its reviews when this one began.
    #[serde(default)]
    pub policy: Policy,
    /// What the repository called generated then.
    #[serde(default)]
    pub attributes: Attributes,
    /// What the repository was written in then, as GitHub names it, most of it first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// The head whose review stood on GitHub when this one began.
    #[serde(default)]
    pub previous: Option<HeadSha>,
    /// Why it is left alone, if it is.
    #[serde(default)]
    pub skipped: Option<Skipped>,
    /// The specialists that were asked.
    pub expected: Vec<Category>,
    /// What has been said so far.
    pub reports: BTreeMap<Category, CheckReport>,
    /// What a model alone has found and is asked to prove, once all have answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to_prove: Vec<Finding>,
    /// The end of it.
    pub verdict: Option<Verdict>,
}

/// A review's beginning. One that is asked for again before its verdict begins again,
/// and has its time again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// The event that asked for it.
    pub request: EventId,
    /// When its specialists were asked.
    pub at: Timestamp,
}

/// Why a head is left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The kind of reason.
    pub reason: SkipReason,
    /// What people read of it: Markdown.
    pub why: String,
}

/// More of a model's findings are not looked at a second time: one question is about
/// all of them, and a state item has its limits.
pub const MOST_TO_PROVE: usize = 30;

/// `proof:{owner}/{repo}#{n}@{head}`: what came of a second look at what a model
/// alone has found. Written by `proof`. What is in neither map was not looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofItem {
    /// The base's commit that the change was looked at against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_sha: Option<HeadSha>,
    /// The findings that a line of the change proves, with that line.
    pub proven: BTreeMap<Fingerprint, String>,
    /// Those that no line proves, with the reason.
    pub unproven: BTreeMap<Fingerprint, String>,
    /// What people should know of it, each a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

impl ProofItem {
    /// Its key.
    pub fn key(review: &ReviewKey) -> Key {
        key("proof", &review.to_string())
    }

    /// Whether it is about the change against `base`, as [`CheckItem::is_against`].
    pub fn is_against(&self, base: &HeadSha) -> bool {
        self.base_sha.as_ref().is_none_or(|read| read == base)
    }
}

impl ReviewItem {
    /// Its key.
    pub fn key(review: &ReviewKey) -> Key {
        key("review", &review.to_string())
    }

    /// A review that every specialist is asked for.
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

    /// The specialists that were asked and have not said anything.
    pub fn missing(&self) -> Vec<Category> {
        let silent = |category: &Category| !self.reports.contains_key(category);
        self.expected.iter().copied().filter(silent).collect()
    }
}

/// What is to be published: decided once, by code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// When.
    pub decided_at: Timestamp,
    /// Comment or request changes.
    pub event: ReviewEvent,
    /// What is told where it stands, worst first. After an earlier review only what
    /// is new.
    pub findings: Vec<Finding>,
    /// What is not told where it stands, but listed: its reviewer is not sure enough,
    /// or no line proves it. Worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsure: Vec<Finding>,
    /// Those of [`unsure`](Verdict::unsure) that no line proves.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unproven: BTreeSet<Fingerprint>,
    /// What is seen for the first time on lines that were reviewed before, and is not
    /// severe: listed, worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub late: Vec<Finding>,
    /// What an earlier review told, and still stands: listed, worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub still_open: Vec<Finding>,
    /// What an earlier review told, and is gone, as that review had it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolved: Vec<Finding>,
    /// The head that the earlier review was of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<HeadSha>,
    /// How many findings are below the policy's floor of severity, and not told.
    #[serde(default)]
    pub below_floor: u32,
    /// How good the change is, from 1 to 10, as far as anybody can tell from what was
    /// found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality_score: Option<u8>,
    /// The specialists that did not answer in time.
    pub missing: Vec<Category>,
    /// What people should know of how it came about, each a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What the second look took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

impl Verdict {
    /// All that stands open in the change and is told, new and old.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().chain(&self.still_open)
    }

    /// What is said about it.
    pub fn completed(&self, review: &ReviewKey) -> ReviewCompleted {
        ReviewCompleted {
            review: review.clone(),
            findings: u32::try_from(self.findings.len()).unwrap_or(u32::MAX),
            missing: self.missing.clone(),
        }
    }
}
