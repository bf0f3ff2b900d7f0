//! State of the simulated GitHub.

use crate::hunks::DiffLines;
use events::Timestamp;
use github::port::{
    CheckId, CommentId, Conclusion, NewCheck, ReviewComment, ReviewEvent, ReviewId, ReviewState,
};
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
    pub fn state(&self) -> ReviewState {
        match (&self.dismissed, self.event) {
            (Some(_), _) => ReviewState::Dismissed,
            (None, ReviewEvent::Comment) => ReviewState::Commented,
            (None, ReviewEvent::RequestChanges) => ReviewState::ChangesRequested,
            (None, ReviewEvent::Approve) => ReviewState::Approved,
        }
    }
}

/// A comment on a pull request's conversation page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedComment {
    pub id: CommentId,
    /// Author of the comment.
    pub author: Account,
    /// Current text.
    pub body: String,
    /// Time of creation.
    pub created_at: Timestamp,
    /// Time of the last edit.
    pub updated_at: Timestamp,
}

/// A check run as a commit's page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedCheck {
    pub id: CheckId,
    /// Login of the App that set it.
    pub author: String,
    /// Content of the check.
    pub check: NewCheck,
    /// Time of the last change.
    pub at: Timestamp,
}

impl PostedCheck {
    pub(crate) fn is_green(&self) -> bool {
        match self.check.conclusion {
            Some(Conclusion::Neutral | Conclusion::Success) => true,
            Some(Conclusion::Failure | Conclusion::Cancelled) | None => false,
        }
    }
}

/// State of a commit status ("Create a commit status", `state`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusState {
    /// The check could not run.
    Error,
    /// The check failed.
    Failure,
    /// The check is running.
    Pending,
    /// The check passed.
    Success,
}

impl StatusState {
    pub(crate) fn is_green(self) -> bool {
        match self {
            Self::Success => true,
            Self::Error | Self::Failure | Self::Pending => false,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Failure => "failure",
            Self::Pending => "pending",
            Self::Success => "success",
        }
    }
}

/// The latest status of a context at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) head: HeadSha,
    pub(crate) context: String,
    pub(crate) state: StatusState,
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
    /// Newest commit of each branch that got a commit outside of a pull request.
    pub(crate) tips: BTreeMap<String, HeadSha>,
}

impl Repository {
    /// Returns the next number, shared by issues and pull requests.
    pub(crate) fn next_number(&self) -> u64 {
        let last = |number: Option<&u64>| number.copied().unwrap_or(0);
        1 + last(self.pulls.keys().next_back()).max(last(self.issues.keys().next_back()))
    }

    /// Returns the newest commit of a branch, if it is known. Pull requests of one test
    /// usually have the same base.
    pub(crate) fn tip(&self, branch: &str) -> Option<HeadSha> {
        let mut pulls = self.pulls.values();
        let tip = self.tips.get(branch);
        let tip = tip.or_else(|| {
            let pull = pulls.rfind(|pull| pull.base_branch == branch);
            pull.map(|pull| &pull.base_sha)
        });
        tip.cloned()
    }

    /// Returns the branch of a reference: a branch by full or short name, the
    /// default branch, or the branch of a pull request's commit.
    pub(crate) fn branch<'a>(&'a self, reference: &'a str) -> &'a str {
        if let Some(branch) = reference.strip_prefix("refs/heads/") {
            return branch;
        }
        if reference == "HEAD" && !self.files.contains_key(reference) {
            return "main";
        }
        let on = self.pulls.values().find_map(|pull| {
            let is = |sha: &HeadSha| sha.as_str() == reference;
            if is(&pull.base_sha) {
                Some(&pull.base_branch)
            } else {
                pull.commits.iter().any(is).then_some(&pull.head_branch)
            }
        });
        on.map_or(reference, String::as_str)
    }
}

/// Content at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    File(Vec<u8>),
    /// A folder with its paths.
    Folder(Vec<String>),
}

#[derive(Debug)]
pub(crate) struct StoredDiff {
    pub(crate) text: String,
    pub(crate) lines: DiffLines,
}

#[derive(Debug, Clone)]
pub(crate) struct Pull {
    /// Current name of the repository.
    pub(crate) repo: RepoName,
    /// GitHub's id of the repository, which a rename preserves.
    pub(crate) repo_id: u64,
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
    pub(crate) removed_heads: Vec<HeadSha>,
    /// Commits of the pull request at each head, for a push back to it.
    pub(crate) histories: BTreeMap<HeadSha, Vec<HeadSha>>,
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
    /// GitHub's id of the repository.
    pub(crate) repo_id: u64,
    pub(crate) number: u64,
    pub(crate) id: u64,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) author: Account,
    pub(crate) created_at: Timestamp,
    pub(crate) comments: u64,
}
