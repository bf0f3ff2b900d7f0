use serde::{Deserialize, Serialize};
use std::fmt;

/// Origin of a settings file, from the lowest layer to the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Operator of the bot.
    Deployment,
    /// Organisation, for all its repositories.
    Organisation,
    /// Repository, on the base branch. A file on the head is not read, so that a pull request
    /// cannot change the rules of its own review.
    Repository,
}

impl Source {
    /// Returns the location of the text: the name of the variable, or the path of the file in the
    /// organisation's repository `.github` or in the repository.
    pub const fn place(self) -> &'static str {
        match self {
            Self::Deployment => "REVIEW_POLICY",
            Self::Organisation => "review-bot.toml",
            Self::Repository => ".github/review-bot.toml",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place();
        match self {
            Self::Deployment => write!(f, "the deployment's variable `{place}`"),
            Self::Organisation => write!(f, "`{place}` of the organisation's repository `.github`"),
            Self::Repository => write!(f, "`{place}` on the base branch"),
        }
    }
}
