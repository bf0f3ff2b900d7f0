use crate::{Policy, Treatment};
use std::fmt;

/// Facts about a pull request that are known before its content is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts<'a> {
    /// Login, such as `octocat` or `dependabot[bot]`.
    pub author_login: &'a str,
    /// True if an App opened the pull request.
    pub author_is_bot: bool,
    /// True if the pull request is a draft.
    pub draft: bool,
    /// Names of its labels.
    pub labels: &'a [String],
}

/// Reason not to review a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skip {
    /// Reviews are switched off.
    Disabled,
    /// A bot opened the pull request.
    Bot,
    /// Pull requests of this author are not reviewed.
    Author(String),
    /// The pull request is a draft.
    Draft,
    /// The pull request has this label.
    Label(String),
}

/// A sentence for people.
impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disabled => f.write_str("Reviews are switched off here."),
            Self::Bot => f.write_str("A bot opened it."),
            Self::Author(login) => write!(f, "Pull requests of {login} are not reviewed here."),
            Self::Draft => f.write_str("It is a draft."),
            Self::Label(label) => write!(f, "It carries the label {label}."),
        }
    }
}

impl Policy {
    /// Returns the first reason not to review the pull request, in the order of [`Skip`]. Compares
    /// logins and labels without case, as GitHub does.
    pub fn skip(&self, facts: &Facts<'_>) -> Option<Skip> {
        let is_author = |login: &&String| login.eq_ignore_ascii_case(facts.author_login);
        let is_there = |label: &&String| {
            facts
                .labels
                .iter()
                .any(|l| l.to_lowercase() == label.to_lowercase())
        };
        if !self.enabled {
            Some(Skip::Disabled)
        } else if facts.author_is_bot && self.bots == Treatment::Skip {
            Some(Skip::Bot)
        } else if let Some(login) = self.skip_authors.iter().find(is_author) {
            Some(Skip::Author(login.clone()))
        } else if facts.draft && self.drafts == Treatment::Skip {
            Some(Skip::Draft)
        } else {
            let label = self.skip_labels.iter().find(is_there);
            label.map(|label| Skip::Label(label.clone()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Layer, Source};

    #[test]
    fn returns_first_reason() {
        let open = "drafts = \"review\"\nbots = \"review\"\nskip_authors = []\nskip_labels = []";
        let names = "bots = \"review\"\nskip_authors = [\"Renovate[bot]\"]\nskip_labels = [\"WIP\", \"später\"]";
        let dependabot = Some(Skip::Author("dependabot[bot]".into()));
        for (why, text, author_login, author_is_bot, draft, label, skip) in [
            ("a person's", "", "octocat", false, false, "bug", None),
            (
                "switched off",
                "enabled = false",
                "octocat",
                false,
                false,
                "",
                Some(Skip::Disabled),
            ),
            (
                "a bot's",
                "",
                "renovate[bot]",
                true,
                false,
                "",
                Some(Skip::Bot),
            ),
            (
                "a bot's, wanted",
                open,
                "renovate[bot]",
                true,
                false,
                "",
                None,
            ),
            (
                "of a bot that is named",
                "bots = \"review\"",
                "dependabot[bot]",
                true,
                false,
                "",
                dependabot,
            ),
            (
                "in other letters",
                names,
                "renovate[BOT]",
                true,
                false,
                "",
                Some(Skip::Author("Renovate[bot]".into())),
            ),
            (
                "a list replaces the lower one",
                names,
                "dependabot[bot]",
                true,
                false,
                "",
                None,
            ),
            (
                "not the whole name",
                names,
                "renovate",
                false,
                false,
                "",
                None,
            ),
            ("a draft", "", "octocat", false, true, "", Some(Skip::Draft)),
            ("a draft, wanted", open, "octocat", false, true, "", None),
            (
                "a label",
                "",
                "octocat",
                false,
                false,
                "no-review",
                Some(Skip::Label("no-review".into())),
            ),
            (
                "in other letters",
                names,
                "octocat",
                false,
                false,
                "SPÄTER",
                Some(Skip::Label("später".into())),
            ),
            (
                "a label that does not matter",
                open,
                "octocat",
                false,
                false,
                "no-review",
                None,
            ),
            (
                "a draft before its label",
                "",
                "octocat",
                false,
                true,
                "no-review",
                Some(Skip::Draft),
            ),
            (
                "a bot before its draft",
                "",
                "x[bot]",
                true,
                true,
                "no-review",
                Some(Skip::Bot),
            ),
        ] {
            let policy = Policy::default().over(Layer::parse(text, Source::Repository).unwrap());
            let labels = ["first".to_owned(), label.to_owned()];
            let facts = Facts {
                author_login,
                author_is_bot,
                draft,
                labels: &labels,
            };
            assert_eq!(policy.skip(&facts), skip, "{why}");
        }
    }

    #[test]
    fn renders_each_reason() {
        let reasons = [
            Skip::Disabled,
            Skip::Bot,
            Skip::Author("dependabot[bot]".into()),
            Skip::Draft,
            Skip::Label("no-review".into()),
        ];
        let told: Vec<_> = reasons.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(told.join("\n"));
    }
}
