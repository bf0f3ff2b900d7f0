//! The body of every `github.pr.*` event that is about the pull request itself.

use crate::{HeadSha, PrKey, RepoName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the pull request's state is kept from, and what rules filter on. Only
/// references: no title, no text, no diff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequestChanged {
    /// The pull request.
    pub pr: PrKey,
    /// GitHub's action, such as `opened` or `synchronize`.
    pub action: String,
    /// The newest commit.
    pub head_sha: HeadSha,
    /// On `synchronize`: the commit that was the newest before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<HeadSha>,
    /// Where the head lives; `None` when the fork was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_repo: Option<RepoName>,
    /// What it would be merged into.
    pub base: Base,
    /// Who opened it.
    pub author: Author,
    /// Not ready for review yet.
    #[serde(default)]
    pub draft: bool,
    /// Neither closed nor merged.
    pub open: bool,
    /// Names of its labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// GitHub's `updated_at`: orders deliveries that arrive out of order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// The App installation that the delivery came through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installation: Option<u64>,
}

/// The branch that a pull request would be merged into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// Branch name.
    #[serde(rename = "ref")]
    pub branch: String,
    /// Its newest commit when the delivery was made.
    pub sha: HeadSha,
}

/// Who opened a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// Login, such as `octocat` or `dependabot[bot]`.
    pub login: String,
    /// A person or a bot.
    pub kind: AuthorKind,
    /// GitHub's `author_association`, such as `MEMBER` or `NONE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub association: Option<String>,
}

impl Author {
    /// Who stands in for the author whose account was deleted: GitHub shows them
    /// as `ghost`.
    pub fn ghost() -> Self {
        Self {
            login: "ghost".to_owned(),
            kind: AuthorKind::User,
            association: None,
        }
    }
}

/// GitHub's account types, as far as they matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuthorKind {
    /// An App (`Bot`).
    Bot,
    /// A person (`User`, `Mannequin`, or a type that is not known yet).
    #[serde(other)]
    User,
}
