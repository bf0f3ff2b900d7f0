//! Decides whether the bot wrote a review. The crate's page gives the reasons.

use serde::Deserialize;

/// An account, as returned beside a review and by `GET /user`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct User {
    pub(crate) login: String,
    #[serde(rename = "type", default)]
    pub(crate) kind: String,
}

/// Known identity of the token's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    Login(String),
    /// An App or GitHub Actions, whose login GitHub does not reveal.
    SomeBot,
}

impl Identity {
    /// Returns `true` if the review by `author` may be the bot's own. `None` is a
    /// deleted account.
    pub(crate) fn wrote(&self, author: Option<&User>) -> bool {
        author.is_some_and(|author| match self {
            // GitHub ignores the case of logins.
            Self::Login(login) => author.login.eq_ignore_ascii_case(login),
            Self::SomeBot => author.kind == "Bot",
        })
    }

    /// Returns `true` if the App of this name may be the bot itself.
    pub(crate) fn is_app(&self, slug: &str) -> bool {
        match self {
            Self::Login(login) => {
                let name = login.strip_suffix("[bot]");
                name.is_some_and(|name| name.eq_ignore_ascii_case(slug))
            }
            Self::SomeBot => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_reviews_count() {
        let user = |login: &str, kind: &str| User {
            login: login.to_owned(),
            kind: kind.to_owned(),
        };
        let known = Identity::Login("review-bot[bot]".to_owned());
        for (why, identity, author, want) in [
            (
                "its own",
                &known,
                Some(user("review-bot[bot]", "Bot")),
                true,
            ),
            (
                "case is ignored",
                &known,
                Some(user("Review-Bot[bot]", "Bot")),
                true,
            ),
            (
                "another bot",
                &known,
                Some(user("other[bot]", "Bot")),
                false,
            ),
            (
                "another account with a similar name",
                &known,
                Some(user("review-bot", "User")),
                false,
            ),
            ("a deleted account", &known, None, false),
            (
                "any bot, when unknown",
                &Identity::SomeBot,
                Some(user("other[bot]", "Bot")),
                true,
            ),
            (
                "no person, when unknown",
                &Identity::SomeBot,
                Some(user("mallory", "User")),
                false,
            ),
            (
                "no type at all",
                &Identity::SomeBot,
                Some(user("mallory", "")),
                false,
            ),
        ] {
            assert_eq!(identity.wrote(author.as_ref()), want, "{why}");
        }
    }
}
