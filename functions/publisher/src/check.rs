//! The check run beside the merge button.

use crate::publication::{Claim, Publish};
use crate::wanted::{Ignored, Wanted};
use crate::{Publisher, text};
use async_trait::async_trait;
use bus::HandlerError;
use event::Say;
use github::port::{Conclusion, GitHubError, NewCheck};
use review::Finding;
use review::item::ReviewItem;
use review::message::SkipReason;
use serde::{Deserialize, Serialize};
use state::Key;

/// What branch protection knows it by.
pub(crate) const NAME: &str = "github-bot";

/// What a check or the summary tells of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Told {
    /// It is left alone.
    Skipped(SkipReason),
    /// Its review.
    Review,
    /// Its review, and what blocks and came after it.
    Block,
}

impl Told {
    /// Whether there is more to tell than `before`. That a head is left alone is told
    /// no more once it was reviewed: nobody gets rid of a check that way.
    pub(crate) fn supersedes(self, before: Self) -> bool {
        match (before, self) {
            (Self::Skipped(before), Self::Skipped(now)) => before != now,
            (Self::Skipped(_), Self::Review | Self::Block) | (Self::Review, Self::Block) => true,
            (Self::Review | Self::Block, Self::Skipped(_) | Self::Review)
            | (Self::Block, Self::Block) => false,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Skipped(SkipReason::Disabled) => "skipped-disabled",
            Self::Skipped(SkipReason::Bot) => "skipped-bot",
            Self::Skipped(SkipReason::Author) => "skipped-author",
            Self::Skipped(SkipReason::Draft) => "skipped-draft",
            Self::Skipped(SkipReason::Label) => "skipped-label",
            Self::Skipped(SkipReason::InvalidPolicy) => "skipped-policy",
            Self::Review => "review",
            Self::Block => "block",
        }
    }
}

/// A check that is to be set.
#[derive(Debug, Clone)]
pub(crate) struct Check<'a> {
    pub(crate) of: &'a Wanted,
    pub(crate) told: Told,
}

/// What is kept of a head's check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stands {
    told: Told,
    #[serde(flatten)]
    end: End,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum End {
    /// GitHub's id of it.
    CheckId(u64),
    /// GitHub lets only Apps set checks that may write them: there is none, and it is
    /// not tried again.
    Refused(String),
}

#[async_trait]
impl Publish for Check<'_> {
    type Stands = Stands;

    fn key(&self) -> Key {
        self.of.key("check")
    }

    fn is_told_by(&self, stands: &Stands) -> bool {
        !self.told.supersedes(stands.told)
    }

    async fn post(
        &self,
        by: &Publisher,
        claim: &Claim<Stands>,
    ) -> Result<Result<Stands, Ignored>, HandlerError> {
        let external_id = format!("{}/{}", claim.marker.bare(), self.told.as_str());
        let end = match self.set(by, claim, external_id).await {
            Err(Unset::Refused(reason)) => {
                tracing::info!(review = %self.of.review, reason, "no check: it takes an App that may write checks");
                End::Refused(reason)
            }
            Err(Unset::Failed(error)) => return Err(error),
            Ok(id) => End::CheckId(id),
        };
        let told = self.told;
        Ok(Ok(Stands { told, end }))
    }

    fn says(&self, _: &Stands) -> Vec<Say> {
        vec![] // nobody waits for it
    }
}

enum Unset {
    Refused(String),
    Failed(HandlerError),
}

impl From<GitHubError> for Unset {
    fn from(error: GitHubError) -> Self {
        match error {
            GitHubError::Forbidden { reason, .. } => Self::Refused(reason),
            other @ (GitHubError::Unavailable { .. }
            | GitHubError::RateLimited { .. }
            | GitHubError::NotFound { .. }
            | GitHubError::TooLarge { .. }
            | GitHubError::Rejected { .. }) => Self::Failed(other.into()),
        }
    }
}

impl Check<'_> {
    async fn set(
        &self,
        by: &Publisher,
        claim: &Claim<Stands>,
        external_id: String,
    ) -> Result<u64, Unset> {
        let (repo, head) = (&self.of.review.pr.repo, &self.of.review.head_sha);
        let found = by.github.find_check(repo, head, NAME, &external_id).await?;
        if let Some(id) = found {
            return Ok(id.0);
        }
        let now = by.clock.now();
        claim
            .time_left(now)
            .map_err(|contested| Unset::Failed(contested.into()))?;
        let check = NewCheck {
            head_sha: head.clone(),
            name: NAME.to_owned(),
            conclusion: conclusion(&self.of.item, self.told),
            title: text::headline(self.of, self.told),
            summary: text::check_summary(self.of, self.told),
            external_id,
        };
        Ok(by.github.set_check(repo, &check).await?.0)
    }
}

/// How it ends: code's decision, by what is open and what the repository wants of it.
pub(crate) fn conclusion(item: &ReviewItem, told: Told) -> Conclusion {
    let by_policy = |conclusion| match conclusion {
        policy::Conclusion::Neutral => Conclusion::Neutral,
        policy::Conclusion::Failure => Conclusion::Failure,
    };
    let checks = &item.policy.checks;
    let verdict = match (told, &item.verdict) {
        (Told::Block, _) => return by_policy(checks.on_block),
        (Told::Review, Some(verdict)) => verdict,
        (Told::Skipped(_), _) | (Told::Review, None) => return Conclusion::Neutral,
    };
    if verdict.open().any(Finding::blocks) {
        by_policy(checks.on_block)
    } else if verdict.open().next().is_some() || !verdict.late.is_empty() {
        by_policy(checks.on_findings)
    } else if !verdict.missing.is_empty() || text::is_unread(&item.reports) {
        Conclusion::Neutral
    } else {
        Conclusion::Success
    }
}

#[cfg(test)]
mod tests;
