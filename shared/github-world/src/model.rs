//! What the world holds.

use crate::check::PostedCheck;
use crate::comment::PostedComment;
use crate::hunks::DiffLines;
use crate::status::Status;
use github::port::{ReviewComment, ReviewEvent, ReviewId, ReviewState};
use github::{AuthorKind, HeadSha, RepoName};
use ports::Timestamp;
use std::collections::BTreeMap;

/// A GitHub account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Login, such as `octocat` or `dependabot[bot]`.
    pub login: String,
    /// A person or an App.
    pub kind: AuthorKind,
}

impl Account {
    /// The account behind a login. As on GitHub, an App's ends in `[bot]`.
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
    /// GitHub's id.
    pub id: ReviewId,
    /// Who posted it.
    pub author: Account,
    /// The commit that it is about.
    pub commit_id: HeadSha,
    /// Comment, request changes or approve.
    pub event: ReviewEvent,
    /// Its text.
    pub body: String,
    /// Its inline comments.
    pub comments: Vec<ReviewComment>,
    /// When it was posted.
    pub submitted_at: Timestamp,
    /// What was said when its vote was taken back, if it was.
    pub dismissed: Option<String>,
}

impl PostedReview {
    /// The `state` that GitHub gives a submitted review.
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
    /// By (base, head).
    pub(crate) diffs: BTreeMap<(HeadSha, HeadSha), StoredDiff>,
    /// By branch, then path.
    pub(crate) files: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    /// Bytes by language.
    pub(crate) languages: BTreeMap<String, u64>,
    pub(crate) checks: Vec<PostedCheck>,
    pub(crate) statuses: Vec<Status>,
}

impl Repository {
    /// Issues and pull requests share one row of numbers.
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
    /// Where the head lives; a fork, or the repository itself.
    pub(crate) head_repo: Option<RepoName>,
    pub(crate) head_branch: String,
    pub(crate) base_branch: String,
    pub(crate) base_sha: HeadSha,
    /// Oldest first; the last is the head.
    pub(crate) commits: Vec<HeadSha>,
    pub(crate) head: HeadSha,
    /// The heads that a forced push left behind.
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
    /// How many comments are on its conversation page.
    pub(crate) comments: u64,
    /// Those that the world knows.
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
