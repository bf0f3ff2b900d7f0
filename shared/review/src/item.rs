//! What is kept in state about a pull request and its reviews, one type an item.

use crate::message::{ReviewCompleted, ReviewKey, SkipReason};
use crate::{Category, Coverage, Finding, Usage};
use event::Timestamp;
use github::port::ReviewEvent;
use github::{Author, Base, HeadSha, PrKey};
use serde::{Deserialize, Serialize};
use state::Key;
use std::collections::BTreeMap;
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
    /// Neither closed nor merged.
    pub open: bool,
    /// Why it is left alone, if it is.
    pub skipped: Option<SkipReason>,
    /// GitHub's time of the change.
    pub updated_at: Timestamp,
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
    /// What it has to say.
    pub report: CheckReport,
}

impl CheckItem {
    /// Its key.
    pub fn key(review: &ReviewKey, category: Category) -> Key {
        key("check", &format!("{review}/{category}"))
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
    /// The specialists that were asked.
    pub expected: Vec<Category>,
    /// What has been said so far.
    pub reports: BTreeMap<Category, CheckReport>,
    /// The end of it.
    pub verdict: Option<Verdict>,
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
            expected: Category::ALL.to_vec(),
            reports: BTreeMap::new(),
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
    /// What is told where it stands, worst first.
    pub findings: Vec<Finding>,
    /// What its reviewer is not sure enough of to be told there: listed, worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsure: Vec<Finding>,
    /// How good the change is, from 1 to 10, as far as anybody can tell from what was
    /// found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality_score: Option<u8>,
    /// The specialists that did not answer in time.
    pub missing: Vec<Category>,
}

impl Verdict {
    /// What is said about it.
    pub fn completed(&self, review: &ReviewKey) -> ReviewCompleted {
        ReviewCompleted {
            review: review.clone(),
            findings: u32::try_from(self.findings.len()).unwrap_or(u32::MAX),
            missing: self.missing.clone(),
        }
    }
}
