//! Decides whether a pull request may be approved. The decision is made by code alone:
//! [`ApprovalFacts`] holds no opinion of a model.

use crate::choice::AuthorAssociation;
use findings::Category;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Conditions under which pull requests are approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AutoApprove {
    /// True if pull requests are approved at all.
    pub enabled: bool,
    /// Minimum score, out of 10.
    pub score: u8,
    /// Associations of the authors whose pull requests are approved.
    pub authors: Vec<AuthorAssociation>,
    /// True if all other checks must have succeeded.
    pub require_checks: bool,
    /// True if pull requests from forks can be approved.
    pub allow_forks: bool,
    /// True if pull requests of first-time contributors can be approved.
    pub allow_first_time: bool,
}

/// Approval settings that a layer names. Higher layers can only narrow them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ApprovalLayer {
    pub(crate) enabled: Option<bool>,
    pub(crate) score: Option<u8>,
    pub(crate) authors: Option<Vec<AuthorAssociation>>,
    pub(crate) require_checks: Option<bool>,
    pub(crate) allow_forks: Option<bool>,
    pub(crate) allow_first_time: Option<bool>,
}

impl ApprovalLayer {
    pub(crate) fn narrow(&mut self, upper: Self) {
        let both = |lower, upper| lower && upper;
        narrow(&mut self.enabled, upper.enabled, both);
        narrow(&mut self.score, upper.score, u8::max);
        narrow(&mut self.authors, upper.authors, |lower, mut upper| {
            upper.retain(|author| lower.contains(author));
            upper
        });
        narrow(
            &mut self.require_checks,
            upper.require_checks,
            |lower, upper| lower || upper,
        );
        narrow(&mut self.allow_forks, upper.allow_forks, both);
        narrow(&mut self.allow_first_time, upper.allow_first_time, both);
    }

    pub(crate) fn with_defaults(&self) -> AutoApprove {
        let trusted = [
            AuthorAssociation::Owner,
            AuthorAssociation::Member,
            AuthorAssociation::Collaborator,
        ];
        AutoApprove {
            enabled: self.enabled.unwrap_or(false),
            score: self.score.unwrap_or(8),
            authors: self.authors.clone().unwrap_or(trusted.into()),
            require_checks: self.require_checks.unwrap_or(true),
            allow_forks: self.allow_forks.unwrap_or(false),
            allow_first_time: self.allow_first_time.unwrap_or(false),
        }
    }
}

fn narrow<T>(named: &mut Option<T>, upper: Option<T>, both: impl FnOnce(T, T) -> T) {
    *named = match (named.take(), upper) {
        (Some(lower), Some(upper)) => Some(both(lower, upper)),
        (lower, upper) => lower.or(upper),
    };
}

/// Facts about a pull request at the end of its review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalFacts {
    /// Out of 10; absent if the review has no score.
    pub score: Option<u8>,
    /// Number of unresolved findings, including those that were not posted as comments.
    pub open_findings: u32,
    /// True if every changed file was read, including the files that the policy excludes. A pull
    /// request with unread files is not approved.
    pub every_file_read: bool,
    /// True if a model read the pull request for every specialist and left nothing out.
    pub read_by_model: bool,
    /// True if the head is still the commit that was reviewed.
    pub head_unchanged: bool,
    /// Author's association with the repository, from GitHub.
    pub author_association: AuthorAssociation,
    /// True if the bot opened the pull request. GitHub does not let authors approve their own.
    pub own_pull_request: bool,
    /// True if the head is in another repository.
    pub from_fork: bool,
    /// True if this is the author's first pull request in the repository.
    pub first_time: bool,
    /// True if the head has other checks and all of them have succeeded.
    pub checks_green: bool,
    /// Specialists that were asked and have not answered.
    pub missing_specialists: Vec<Category>,
}

/// Reason not to approve a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoApprovalReason {
    /// Approving is switched off.
    Off,
    /// The bot opened the pull request.
    OwnPullRequest,
    /// The score, if there is one, is below the minimum (second value).
    Score(Option<u8>, u8),
    /// This number of findings is open.
    OpenFindings(u32),
    /// Some changed files were not read.
    FilesUnread,
    /// No model has read the pull request.
    RulesAlone,
    /// The head has moved since the review.
    HeadMoved,
    /// Pull requests of authors with this association are not approved.
    Author(AuthorAssociation),
    /// The author is a first-time contributor.
    FirstTime,
    /// The head is in a fork.
    Fork,
    /// Another check is red or pending, or there is no other check yet.
    ChecksNotGreen,
    /// These specialists have not answered.
    Missing(Vec<Category>),
}

/// A sentence for people.
impl fmt::Display for NoApprovalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("Approving is not switched on here."),
            Self::OwnPullRequest => f.write_str("The bot does not approve its own pull requests."),
            Self::Score(None, least) => {
                write!(f, "There is no score; {least} of 10 is asked for.")
            }
            Self::Score(Some(score), least) => {
                write!(f, "The score is {score} of 10; {least} is asked for.")
            }
            Self::OpenFindings(1) => f.write_str("One finding is open."),
            Self::OpenFindings(open) => write!(f, "{open} findings are open."),
            Self::FilesUnread => f.write_str("Not every changed file was read."),
            Self::RulesAlone => f.write_str("Rules alone approve nothing: no model has read it."),
            Self::HeadMoved => f.write_str("The head has changed since the review."),
            Self::Author(association) => write!(
                f,
                "Pull requests of authors who are {} here are not approved.",
                association.as_str()
            ),
            Self::FirstTime => f.write_str("The author is new here."),
            Self::Fork => f.write_str("It comes from a fork."),
            Self::ChecksNotGreen => {
                f.write_str("There are no checks yet, or not all have succeeded.")
            }
            Self::Missing(specialists) => {
                let names: Vec<_> = specialists.iter().map(|one| one.as_str()).collect();
                write!(f, "No answer yet from: {}.", names.join(", "))
            }
        }
    }
}

impl AutoApprove {
    /// Returns every reason against approval, in the order of [`NoApprovalReason`].
    pub(crate) fn reasons_against(&self, facts: &ApprovalFacts) -> Vec<NoApprovalReason> {
        let association = facts.author_association;
        let is_new = facts.first_time || association.is_new();
        let high_enough = facts
            .score
            .is_some_and(|score| (self.score..=10).contains(&score));
        let reasons = [
            (!self.enabled).then_some(NoApprovalReason::Off),
            facts
                .own_pull_request
                .then_some(NoApprovalReason::OwnPullRequest),
            (!high_enough).then_some(NoApprovalReason::Score(facts.score, self.score)),
            (facts.open_findings > 0)
                .then_some(NoApprovalReason::OpenFindings(facts.open_findings)),
            (!facts.every_file_read).then_some(NoApprovalReason::FilesUnread),
            (!facts.read_by_model).then_some(NoApprovalReason::RulesAlone),
            (!facts.head_unchanged).then_some(NoApprovalReason::HeadMoved),
            (!self.authors.contains(&association)).then_some(NoApprovalReason::Author(association)),
            (is_new && !self.allow_first_time).then_some(NoApprovalReason::FirstTime),
            (facts.from_fork && !self.allow_forks).then_some(NoApprovalReason::Fork),
            (self.require_checks && !facts.checks_green)
                .then_some(NoApprovalReason::ChecksNotGreen),
            (!facts.missing_specialists.is_empty())
                .then(|| NoApprovalReason::Missing(facts.missing_specialists.clone())),
        ];
        reasons.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests;
