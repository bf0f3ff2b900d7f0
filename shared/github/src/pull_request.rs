//! Body of every `github.pr.*` event about the pull request itself.

use crate::{HeadSha, PrKey, RepoName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Input of the pull request's state and of the rules' filters. It holds references
/// only: no title, no text, no diff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequestChanged {
    pub pr: PrKey,
    /// GitHub's action, such as `opened` or `synchronize`.
    pub action: String,
    /// Newest commit.
    pub head_sha: HeadSha,
    /// Previous newest commit, on `synchronize`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<HeadSha>,
    /// Repository of the head; `None` if the fork was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_repo: Option<RepoName>,
    /// Base branch.
    pub base: Base,
    pub author: Author,
    /// `true` while not ready for review.
    #[serde(default)]
    pub draft: bool,
    /// `false` once closed or merged.
    pub open: bool,
    /// Names of the labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// GitHub's `updated_at`, which orders deliveries that arrive out of order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// App installation that the delivery came through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installation: Option<u64>,
}

/// Base branch of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// Branch name.
    #[serde(rename = "ref")]
    pub branch: String,
    /// Newest commit of the branch at the time of the delivery.
    pub sha: HeadSha,
}

/// Author of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// Login, such as `octocat` or `dependabot[bot]`.
    pub login: String,
    pub kind: AuthorKind,
    /// GitHub's `author_association`, such as `MEMBER` or `NONE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub association: Option<String>,
}

impl Author {
    /// Returns the placeholder for a deleted account, which GitHub shows as `ghost`.
    pub fn ghost() -> Self {
        Self {
            login: "ghost".to_owned(),
            kind: AuthorKind::User,
            association: None,
        }
    }
}

/// GitHub's account types, reduced to two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuthorKind {
    /// An App (`Bot`).
    Bot,
    /// A person (`User`, `Mannequin`, or an unknown type).
    #[serde(other)]
    User,
}
