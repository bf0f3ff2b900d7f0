use serde::{Deserialize, Serialize};
use std::fmt;

/// Who wrote a file of settings, from the lowest layer to the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Whoever runs the bot.
    Deployment,
    /// The organisation, for all its repositories.
    Organisation,
    /// The repository itself, on the base branch: what a pull request brings has
    /// no say in its own review.
    Repository,
}

impl Source {
    /// Where the text is: the variable's name, or the file's path in the
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
