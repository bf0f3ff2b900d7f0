//! Whether a pull request may be approved. This is code's decision alone: that a
//! model would approve is not asked, and has no place in [`ApprovalFacts`].

use crate::Policy;
use crate::choice::AuthorAssociation;
use review::Category;
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
    /// Whether all other checks of the head have succeeded.
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
    /// It was pushed to since.
    HeadMoved,
    /// Such authors' are not.
    Author(AuthorAssociation),
    /// Nor those of people who are new here.
    FirstTime,
    /// Nor those from forks.
    Fork,
    /// Another check is red, or not done.
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
            Self::HeadMoved => f.write_str("It was pushed to since it was read."),
            Self::Author(association) => write!(
                f,
                "Pull requests of authors who are {} here are not approved.",
                association.as_str()
            ),
            Self::FirstTime => f.write_str("The author is new here."),
            Self::Fork => f.write_str("It comes from a fork."),
            Self::ChecksNotGreen => f.write_str("Not all other checks have succeeded."),
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
mod tests {
    use super::*;
    use crate::{Layer, Source};
    use AuthorAssociation::{Contributor, FirstTimer, Member, Owner};
    use Category::{Logic, Security};

    /// Of a pull request that nothing speaks against.
    fn facts() -> ApprovalFacts {
        ApprovalFacts {
            score: Some(9),
            open_findings: 0,
            every_file_read: true,
            head_unchanged: true,
            author_association: Member,
            own_pull_request: false,
            from_fork: false,
            first_time: false,
            checks_green: true,
            missing_specialists: Vec::new(),
        }
    }

    fn policy(text: &str) -> Policy {
        Policy::default().over(Layer::parse(text, Source::Repository).unwrap())
    }

    #[test]
    fn one_reason_is_enough() {
        type Change = fn(&mut ApprovalFacts);
        let on = "[auto_approve]\nenabled = true\n";
        let more = |line: &str| format!("{on}{line}");
        let all = "authors = [\"NONE\", \"FIRST_TIMER\", \"MEMBER\"]\n";
        let cases: Vec<(&str, String, Change, Vec<WhyNot>)> = vec![
            ("nothing speaks against it", on.into(), |_| {}, vec![]),
            ("off by default", String::new(), |_| {}, vec![WhyNot::Off]),
            (
                "off with the bot",
                format!("enabled = false\n{on}"),
                |_| {},
                vec![WhyNot::Off],
            ),
            (
                "off with its writing",
                format!("publish = false\n{on}"),
                |_| {},
                vec![WhyNot::Off],
            ),
            (
                "its own",
                on.into(),
                |f| f.own_pull_request = true,
                vec![WhyNot::OwnPullRequest],
            ),
            ("the least score", on.into(), |f| f.score = Some(8), vec![]),
            (
                "a lower one",
                on.into(),
                |f| f.score = Some(7),
                vec![WhyNot::Score(Some(7), 8)],
            ),
            (
                "no score",
                on.into(),
                |f| f.score = None,
                vec![WhyNot::Score(None, 8)],
            ),
            (
                "no such score",
                on.into(),
                |f| f.score = Some(11),
                vec![WhyNot::Score(Some(11), 8)],
            ),
            (
                "as asked for",
                more("score = 10"),
                |_| {},
                vec![WhyNot::Score(Some(9), 10)],
            ),
            (
                "a finding",
                on.into(),
                |f| f.open_findings = 1,
                vec![WhyNot::OpenFindings(1)],
            ),
            (
                "a file",
                on.into(),
                |f| f.every_file_read = false,
                vec![WhyNot::FilesUnread],
            ),
            (
                "a push",
                on.into(),
                |f| f.head_unchanged = false,
                vec![WhyNot::HeadMoved],
            ),
            (
                "an outsider",
                on.into(),
                |f| f.author_association = Contributor,
                vec![WhyNot::Author(Contributor)],
            ),
            (
                "a stranger",
                on.into(),
                |f| f.author_association = AuthorAssociation::None,
                vec![WhyNot::Author(AuthorAssociation::None), WhyNot::FirstTime],
            ),
            (
                "a stranger, named",
                more(all),
                |f| f.author_association = AuthorAssociation::None,
                vec![WhyNot::FirstTime],
            ),
            (
                "new to GitHub, named",
                more(all),
                |f| f.author_association = FirstTimer,
                vec![WhyNot::FirstTime],
            ),
            (
                "named and allowed",
                more(&format!("{all}allow_first_time = true")),
                |f| f.author_association = AuthorAssociation::None,
                vec![],
            ),
            (
                "allowed, not named",
                more("allow_first_time = true"),
                |f| f.author_association = AuthorAssociation::None,
                vec![WhyNot::Author(AuthorAssociation::None)],
            ),
            (
                "a member's first",
                on.into(),
                |f| f.first_time = true,
                vec![WhyNot::FirstTime],
            ),
            (
                "which is allowed",
                more("allow_first_time = true"),
                |f| f.first_time = true,
                vec![],
            ),
            (
                "a fork",
                on.into(),
                |f| f.from_fork = true,
                vec![WhyNot::Fork],
            ),
            (
                "which is allowed",
                more("allow_forks = true"),
                |f| f.from_fork = true,
                vec![],
            ),
            (
                "a red check",
                on.into(),
                |f| f.checks_green = false,
                vec![WhyNot::ChecksNotGreen],
            ),
            (
                "which is no matter",
                more("require_checks = false"),
                |f| f.checks_green = false,
                vec![],
            ),
            (
                "an answer",
                on.into(),
                |f| f.missing_specialists = vec![Logic],
                vec![WhyNot::Missing(vec![Logic])],
            ),
        ];
        for (why, text, change, reasons) in cases {
            let mut facts = facts();
            change(&mut facts);
            let refused = policy(&text).may_approve(&facts).err().unwrap_or_default();
            assert_eq!(refused, reasons, "{why}");
        }
    }

    #[test]
    fn every_reason_is_told() {
        let worst = ApprovalFacts {
            score: Some(2),
            open_findings: 3,
            every_file_read: false,
            head_unchanged: false,
            author_association: FirstTimer,
            own_pull_request: true,
            from_fork: true,
            first_time: true,
            checks_green: false,
            missing_specialists: vec![Security, Logic],
        };
        let reasons = Policy::default().may_approve(&worst).unwrap_err();
        let told: Vec<_> = reasons.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn what_a_layer_names_can_only_be_narrowed() {
        for (why, lower, upper, check) in [
            (
                "switched off",
                "enabled = false",
                "enabled = true",
                (|a| !a.enabled) as fn(AutoApprove) -> bool,
            ),
            ("not named: free", "score = 9", "enabled = true", |a| {
                a.enabled && a.score == 9
            }),
            ("a lower score", "score = 9", "score = 3", |a| a.score == 9),
            ("a higher one", "score = 3", "score = 9", |a| a.score == 9),
            (
                "more authors",
                "authors = [\"OWNER\"]",
                "authors = [\"OWNER\", \"NONE\"]",
                |a| a.authors == [Owner],
            ),
            (
                "fewer",
                "authors = [\"OWNER\", \"MEMBER\"]",
                "authors = [\"MEMBER\"]",
                |a| a.authors == [Member],
            ),
            (
                "others",
                "authors = [\"OWNER\"]",
                "authors = [\"MEMBER\"]",
                |a| a.authors.is_empty(),
            ),
            ("not named: free", "", "authors = [\"CONTRIBUTOR\"]", |a| {
                a.authors == [Contributor]
            }),
            ("forks", "allow_forks = false", "allow_forks = true", |a| {
                !a.allow_forks
            }),
            ("forks, not named", "", "allow_forks = true", |a| {
                a.allow_forks
            }),
            (
                "no forks",
                "allow_forks = true",
                "allow_forks = false",
                |a| !a.allow_forks,
            ),
            (
                "checks",
                "require_checks = true",
                "require_checks = false",
                |a| a.require_checks,
            ),
            (
                "new people",
                "allow_first_time = false",
                "allow_first_time = true",
                |a| !a.allow_first_time,
            ),
        ] {
            let layer =
                |text, source| Layer::parse(&format!("[auto_approve]\n{text}"), source).unwrap();
            let policy = Policy::default()
                .over(layer(lower, Source::Organisation))
                .over(layer(upper, Source::Repository));
            assert!(
                check(policy.auto_approve()),
                "{why}: {:?}",
                policy.auto_approve()
            );
        }
    }
}
