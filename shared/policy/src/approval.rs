//! Whether a pull request may be approved. This is code's decision alone: that a
//! model would approve is not asked, and has no place in [`ApprovalFacts`].

use crate::Policy;
use crate::choice::AuthorAssociation;
use finding::Category;
use serde::{Deserialize, Serialize};
use std::fmt;

/// When pull requests are approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AutoApprove {
    /// Whether any are.
    pub enabled: bool,
    /// The least score, of 10.
    pub score: u8,
    /// Whose.
    pub authors: Vec<AuthorAssociation>,
    /// Whether all other checks must be green.
    pub require_checks: bool,
    /// Whether those from forks can be.
    pub allow_forks: bool,
    /// Whether those of people who are new here can be.
    pub allow_first_time: bool,
}

/// As far as it is named. What one layer names, those above it can only narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Named {
    pub(crate) enabled: Option<bool>,
    pub(crate) score: Option<u8>,
    pub(crate) authors: Option<Vec<AuthorAssociation>>,
    pub(crate) require_checks: Option<bool>,
    pub(crate) allow_forks: Option<bool>,
    pub(crate) allow_first_time: Option<bool>,
}

impl Named {
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

/// What is known of a pull request when its review is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalFacts {
    /// Of 10; absent when nobody gave one.
    pub score: Option<u8>,
    /// Findings that are not resolved, also those that were not worth a comment.
    pub open_findings: u32,
    /// Whether every changed file was read, also those that the policy leaves
    /// out: what nobody read is not approved.
    pub every_file_read: bool,
    /// Whether a model has read it for every specialist, and left nothing out.
    pub read_by_model: bool,
    /// Whether the head is still the commit that was read.
    pub head_unchanged: bool,
    /// What GitHub says the author is to the repository.
    pub author_association: AuthorAssociation,
    /// Whether the bot opened it. GitHub refuses to have it approved then.
    pub own_pull_request: bool,
    /// Whether its head is in another repository.
    pub from_fork: bool,
    /// Whether it is the author's first here.
    pub first_time: bool,
    /// Whether there are other checks of the head, and all have succeeded.
    pub checks_green: bool,
    /// The specialists that were asked and have not answered.
    pub missing_specialists: Vec<Category>,
}

/// Why a pull request is not approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyNot {
    /// Nobody wants any to be.
    Off,
    /// The bot's own.
    OwnPullRequest,
    /// Its score, if there is one, and the least that is wanted.
    Score(Option<u8>, u8),
    /// So many are open.
    OpenFindings(u32),
    /// Some of it was not read.
    FilesUnread,
    /// No model has read it.
    RulesAlone,
    /// It was pushed to since.
    HeadMoved,
    /// Such authors' are not.
    Author(AuthorAssociation),
    /// Nor those of people who are new here.
    FirstTime,
    /// Nor those from forks.
    Fork,
    /// Another check is red or not done, or there is none yet.
    ChecksNotGreen,
    /// Not all have answered.
    Missing(Vec<Category>),
}

/// A sentence, for people.
impl fmt::Display for WhyNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("Approving is not switched on here."),
            Self::OwnPullRequest => f.write_str("The bot does not approve what it opened itself."),
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
            Self::HeadMoved => f.write_str("It was pushed to since it was read."),
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

impl Policy {
    /// When pull requests are approved.
    pub fn auto_approve(&self) -> AutoApprove {
        self.approval.with_defaults()
    }

    /// Whether a pull request may be approved.
    ///
    /// # Errors
    /// Every reason against it, in [`WhyNot`]'s order.
    pub fn may_approve(&self, facts: &ApprovalFacts) -> Result<(), Vec<WhyNot>> {
        let wanted = self.auto_approve();
        let association = facts.author_association;
        let is_new = facts.first_time || association.is_new();
        let high_enough = facts
            .score
            .is_some_and(|score| (wanted.score..=10).contains(&score));
        let reasons = [
            (!(self.enabled && self.publish && wanted.enabled)).then_some(WhyNot::Off),
            facts.own_pull_request.then_some(WhyNot::OwnPullRequest),
            (!high_enough).then_some(WhyNot::Score(facts.score, wanted.score)),
            (facts.open_findings > 0).then_some(WhyNot::OpenFindings(facts.open_findings)),
            (!facts.every_file_read).then_some(WhyNot::FilesUnread),
            (!facts.read_by_model).then_some(WhyNot::RulesAlone),
            (!facts.head_unchanged).then_some(WhyNot::HeadMoved),
            (!wanted.authors.contains(&association)).then_some(WhyNot::Author(association)),
            (is_new && !wanted.allow_first_time).then_some(WhyNot::FirstTime),
            (facts.from_fork && !wanted.allow_forks).then_some(WhyNot::Fork),
            (wanted.require_checks && !facts.checks_green).then_some(WhyNot::ChecksNotGreen),
            (!facts.missing_specialists.is_empty())
                .then(|| WhyNot::Missing(facts.missing_specialists.clone())),
        ];
        let reasons: Vec<_> = reasons.into_iter().flatten().collect();
        match reasons.is_empty() {
            true => Ok(()),
            false => Err(reasons),
        }
    }
}

#[cfg(test)]
mod tests;
