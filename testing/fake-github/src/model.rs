//! State of the simulated GitHub.

use crate::check::PostedCheck;
use crate::comment::PostedComment;
use crate::hunks::DiffLines;
use crate::status::Status;
use events::Timestamp;
use github::port::{ReviewComment, ReviewEvent, ReviewId, ReviewState};
use github::{AuthorKind, HeadSha, RepoName};
use std::collections::BTreeMap;

/// A GitHub account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Login, such as `octocat` or `dependabot[bot]`.
    pub login: String,
    pub kind: AuthorKind,
}

impl Account {
    /// Returns the account of a login. As on GitHub, an App's login ends in `[bot]`.
    pub fn named(login: &str) -> Self {
        let kind = if login.ends_with("[bot]") {
            AuthorKind::Bot
        } else {
            AuthorKind::User
        };
        Self {
            login: login.to_owned(),
            kind,
        }
    }
}

/// A review as the pull request's page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedReview {
    pub id: ReviewId,
    /// Author of the review.
    pub author: Account,
    /// The reviewed commit.
    pub commit_id: HeadSha,
    pub event: ReviewEvent,
    pub body: String,
    pub comments: Vec<ReviewComment>,
    /// Time of posting.
    pub submitted_at: Timestamp,
    /// Message of the dismissal, if the review was dismissed.
    pub dismissed: Option<String>,
}

impl PostedReview {
    /// Returns the `state` of a submitted review.
    pub(crate) fn state(&self) -> ReviewState {
        match (&self.dismissed, self.event) {
            (Some(_), _) => ReviewState::Dismissed,
            (None, ReviewEvent::Comment) => ReviewState::Commented,
            (None, ReviewEvent::RequestChanges) => ReviewState::ChangesRequested,
            (None, ReviewEvent::Approve) => ReviewState::Approved,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Repository {
    pub(crate) pulls: BTreeMap<u64, Pull>,
    pub(crate) issues: BTreeMap<u64, Issue>,
    /// Diffs by (base, head).
    pub(crate) diffs: BTreeMap<(HeadSha, HeadSha), StoredDiff>,
    /// Files by branch, then by path.
    pub(crate) files: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    /// Bytes by language.
    pub(crate) languages: BTreeMap<String, u64>,
    pub(crate) checks: Vec<PostedCheck>,
    pub(crate) statuses: Vec<Status>,
}

impl Repository {
    /// Returns the next number, shared by issues and pull requests.
    pub(crate) fn next_number(&self) -> u64 {
        let last = |number: Option<&u64>| number.copied().unwrap_or(0);
        1 + last(self.pulls.keys().next_back()).max(last(self.issues.keys().next_back()))
    }
}

#[derive(Debug)]
pub(crate) struct StoredDiff {
    pub(crate) text: String,
    pub(crate) lines: DiffLines,
}

#[derive(Debug, Clone)]
pub(crate) struct Pull {
    pub(crate) repo: RepoName,
    pub(crate) number: u64,
    pub(crate) id: u64,
    pub(crate) title: String,
    pub(crate) body: Option<String>,
    pub(crate) author: Account,
    pub(crate) association: String,
    /// Repository of the head: a fork, or the repository itself.
    pub(crate) head_repo: Option<RepoName>,
    pub(crate) head_branch: String,
    pub(crate) base_branch: String,
    pub(crate) base_sha: HeadSha,
    /// Commits, oldest first; the last is the head.
    pub(crate) commits: Vec<HeadSha>,
    pub(crate) head: HeadSha,
    /// Heads removed by a forced push.
    pub(crate) left: Vec<HeadSha>,
    pub(crate) draft: bool,
    pub(crate) open: bool,
    pub(crate) merged_at: Option<Timestamp>,
    pub(crate) labels: Vec<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) closed_at: Option<Timestamp>,
    pub(crate) installation: Option<u64>,
    pub(crate) reviews: Vec<PostedReview>,
    /// Number of comments on the conversation page.
    pub(crate) comments: u64,
    /// Stored comments.
    pub(crate) posted: Vec<PostedComment>,
}

#[derive(Debug, Clone)]
pub(crate) struct Issue {
    pub(crate) number: u64,
    pub(crate) id: u64,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) author: Account,
    pub(crate) created_at: Timestamp,
    pub(crate) comments: u64,
}
