//! The check run beside the merge button. There is one per commit: GitHub does not assign check
//! runs to pull requests. All pull requests with this head share the check, and it shows the worst
//! of their statuses.

use crate::publication::{Claim, Publish};
use crate::wanted::{Ignored, Wanted, key};
use crate::{Publisher, text};
use async_trait::async_trait;
use events::{HandlerError, NewEvent};
use github::PrKey;
use github::port::{Conclusion, GitHubError, NewCheck};
use review::Finding;
use review::item::{ReviewItem, StaleReason};
use review::message::{ReviewKey, SkipReason};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use state::Key;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Name of the check, as branch protection refers to it.
pub(crate) const NAME: &str = "github-bot";

/// Maximum number of pull requests stored for one head. Above it, those with the best status are
/// removed.
const MOST_PULL_REQUESTS: usize = 50;

/// Status of a head that a check or a summary shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Told {
    /// The head is not reviewed.
    Skipped(SkipReason),
    /// The review has begun.
    UnderWay,
    /// The review is complete.
    Review,
    /// The review is complete, and blocking findings arrived after it.
    Block,
}

impl Told {
    /// Returns whether this status may replace `before`. Once a head is reviewed, it cannot return
    /// to skipped or under way: a check must not disappear that way.
    pub(crate) fn supersedes(self, before: Self) -> bool {
        match (before, self) {
            (Self::Skipped(_) | Self::UnderWay, _)
            | (Self::Review, Self::Review | Self::Block)
            | (Self::Block, Self::Block) => true,
            (Self::Review | Self::Block, Self::Skipped(_) | Self::UnderWay)
            | (Self::Block, Self::Review) => false,
        }
    }
}

/// Digest of a text, to compare it with a later one: 32 hexadecimal digits of SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Content(String);

impl Content {
    pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
            hash.update([0]);
        }
        let digits = hash.finalize();
        let digits = digits.iter().take(16).map(|byte| format!("{byte:02x}"));
        Self(digits.collect())
    }
}

/// Contribution of one pull request to the check of its head.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ShownCheck {
    conclusion: Option<Conclusion>,
    title: String,
    summary: String,
}

impl ShownCheck {
    fn of(of: &Wanted, told: Told) -> Self {
        Self {
            conclusion: conclusion(&of.item, told),
            title: text::headline(of, told),
            summary: text::check_summary(of, told),
        }
    }

    /// Returns a cancelled check. A required check does not pass by it: another pull request with
    /// this commit can still be reviewed.
    fn of_dropped(stale: &StaleReason) -> Self {
        Self {
            conclusion: Some(Conclusion::Cancelled),
            title: "Review cancelled".to_owned(),
            summary: format!("The review of this commit was cancelled: {stale}."),
        }
    }
}

/// Stored form of a contribution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Tells {
    told: Told,
    /// Conclusion of the check; `None` while the review is under way.
    conclusion: Option<Conclusion>,
    content: Content,
}

impl Tells {
    fn of(told: Told, shown: &ShownCheck) -> Self {
        let conclusion = shown.conclusion;
        let end = format!("{conclusion:?}");
        Self {
            told,
            conclusion,
            content: Content::of([&*end, &shown.title, &shown.summary]),
        }
    }

    /// Returns whether this contribution replaces `before`.
    fn supersedes(&self, before: &Self) -> bool {
        self.told.supersedes(before.told) && self.content != before.content
    }

    /// Returns the rank of the conclusion: a greater number is worse.
    fn badness(&self) -> u8 {
        match self.conclusion {
            Some(Conclusion::Failure) => 3,
            None => 2,
            // No review ends as cancelled: a dropped head contributes nothing.
            Some(Conclusion::Cancelled) => 0,
            Some(Conclusion::Neutral) => 1,
            Some(Conclusion::Success) => 0,
        }
    }
}

/// Check that is to be set.
#[derive(Debug, Clone)]
pub(crate) struct Check {
    review: ReviewKey,
    /// `None` for a dropped head: a check in progress ends.
    tells: Option<Tells>,
}

impl Check {
    pub(crate) fn of(of: &Wanted, told: Told) -> Self {
        Self {
            review: of.review.clone(),
            tells: Some(Tells::of(told, &ShownCheck::of(of, told))),
        }
    }

    pub(crate) fn dropped(review: ReviewKey) -> Self {
        Self {
            review,
            tells: None,
        }
    }
}

/// Stored form of the check of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stands {
    /// Contributions by pull request number.
    tells: BTreeMap<u64, Tells>,
    end: End,
}

/// Result of setting the check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum End {
    /// GitHub's id of the check.
    CheckId(u64),
    /// GitHub refused the check, because it accepts check runs only from Apps with that permission.
    /// The publisher does not try again.
    Refused(String),
}

#[async_trait]
impl Publish for Check {
    type Stands = Stands;

    fn key(&self) -> Key {
        let ReviewKey { pr, head_sha } = &self.review;
        key(&format!("{}@{head_sha}/check", pr.repo))
    }

    fn is_told_by(&self, stands: &Stands) -> bool {
        let before = stands.tells.get(&self.review.pr.number);
        match &self.tells {
            Some(tells) => before.is_some_and(|before| !tells.supersedes(before)),
            None => before.is_none_or(|before| before.conclusion.is_some()),
        }
    }

    /// Computes the contribution from the current state, not from the event.
    async fn post(
        &self,
        by: &Publisher,
        claim: &Claim<Stands>,
    ) -> Result<Result<Stands, Ignored>, HandlerError> {
        let own = match by.tells(&self.review).await? {
            Ok(tells) => Ok(tells),
            Err(Ignored::Stale(stale)) => Err(stale),
            Err(ignored) => return Ok(Err(ignored)),
        };
        let before = claim.lease.before.clone();
        let (mut tells, end) = before.map_or_else(
            || (BTreeMap::new(), None),
            |before| (before.tells, Some(before.end)),
        );
        let number = self.review.pr.number;
        let before = tells.get(&number);
        match own
            .as_ref()
            .map(|(of, told)| Tells::of(*told, &ShownCheck::of(of, *told)))
        {
            Ok(now) if before.is_none_or(|before| now.supersedes(before)) => {
                tells.insert(number, now);
            }
            Ok(_) => {}
            Err(_) => drop(tells.remove(&number)),
        }
        let shown = self.worst(by, &mut tells, &own).await?;
        let end = match end {
            Some(refused @ End::Refused(_)) => refused,
            Some(End::CheckId(_)) | None => match self.set(by, claim, shown).await {
                Err(Unset::Ended) => return Ok(Err(Ignored::Ended)),
                Err(Unset::Refused(reason)) => {
                    tracing::info!(review = %self.review, reason, "GitHub refused the check; it requires an App with the permission checks: write");
                    End::Refused(reason)
                }
                Err(Unset::Failed(error)) => return Err(error),
                Ok(id) => End::CheckId(id),
            },
        };
        Ok(Ok(Stands { tells, end }))
    }

    fn emits(&self, _: &Stands) -> Vec<NewEvent> {
        vec![] // this publication emits no events
    }
}

enum Unset {
    /// No check is in progress, so there is nothing to end.
    Ended,
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

impl Check {
    /// Returns the worst contribution of all pull requests. `own` is the status of this one, or the
    /// reason that it has none. Removes pull requests that are closed or have another head.
    async fn worst(
        &self,
        by: &Publisher,
        tells: &mut BTreeMap<u64, Tells>,
        own: &Result<(Wanted, Told), StaleReason>,
    ) -> Result<ShownCheck, HandlerError> {
        let mut order: Vec<_> = tells
            .iter()
            .map(|(number, it)| (it.badness(), *number, it.told, it.conclusion))
            .collect();
        let is_own = |number: u64| number == self.review.pr.number;
        order.sort_by_key(|(badness, number, ..)| Reverse((*badness, is_own(*number))));
        for (_, number, ..) in order.iter().skip(MOST_PULL_REQUESTS) {
            tells.remove(number);
        }
        // The text comes from the current state; the conclusion is the stored one.
        let say = |of: &Wanted, told, conclusion| ShownCheck {
            conclusion,
            ..ShownCheck::of(of, told)
        };
        for (_, number, told, conclusion) in order {
            if let (true, Ok((of, _))) = (is_own(number), own) {
                return Ok(say(of, told, conclusion));
            }
            let repo = self.review.pr.repo.clone();
            let review = ReviewKey {
                pr: PrKey { repo, number },
                head_sha: self.review.head_sha.clone(),
            };
            match by.wanted(&review).await? {
                Ok(of) => return Ok(say(&of, told, conclusion)),
                Err(_) => tells.remove(&number),
            };
        }
        Ok(match own {
            Ok((of, told)) => ShownCheck::of(of, *told),
            Err(stale) => ShownCheck::of_dropped(stale),
        })
    }

    /// Updates the check run. A completed run cannot return to in progress, so a new run of the
    /// same name replaces it.
    async fn set(
        &self,
        by: &Publisher,
        claim: &Claim<Stands>,
        shown: ShownCheck,
    ) -> Result<u64, Unset> {
        let ReviewKey { pr, head_sha } = &self.review;
        let (repo, external_id) = (&pr.repo, claim.marker.bare());
        let found = by.deps.github.find_check(repo, head_sha, NAME, external_id);
        let found = found.await?;
        claim
            .time_left(by.deps.clock.now())
            .map_err(|contested| Unset::Failed(contested.into()))?;
        let check = NewCheck {
            head_sha: head_sha.clone(),
            name: NAME.to_owned(),
            conclusion: shown.conclusion,
            title: shown.title,
            summary: shown.summary,
            external_id: external_id.to_owned(),
        };
        let is_under_way = found.is_some_and(|found| !found.completed);
        match found {
            _ if check.conclusion == Some(Conclusion::Cancelled) && !is_under_way => {
                Err(Unset::Ended)
            }
            Some(found) if check.conclusion.is_some() || !found.completed => {
                by.deps.github.update_check(repo, found.id, &check).await?;
                Ok(found.id.0)
            }
            Some(_) | None => Ok(by.deps.github.create_check(repo, &check).await?.0),
        }
    }
}

/// Returns the conclusion of the check, computed from the open findings, the unread files and the
/// repository's policy. Returns `None` while the review is under way.
pub(crate) fn conclusion(item: &ReviewItem, told: Told) -> Option<Conclusion> {
    let by_policy = |conclusion| match conclusion {
        policy::Conclusion::Neutral => Conclusion::Neutral,
        policy::Conclusion::Failure => Conclusion::Failure,
    };
    let checks = &item.policy.checks;
    let verdict = match (told, &item.verdict) {
        (Told::UnderWay, _) => return None,
        (Told::Block, _) => return Some(by_policy(checks.on_block)),
        (Told::Review, Some(verdict)) => verdict,
        (Told::Skipped(_), _) | (Told::Review, None) => return Some(Conclusion::Neutral),
    };
    Some(if verdict.open().any(Finding::blocks) {
        by_policy(checks.on_block)
    } else if verdict.open().next().is_some() || !verdict.late.is_empty() {
        by_policy(checks.on_findings)
    } else if !verdict.missing.is_empty() || text::unread(&item.reports) > 0 {
        Conclusion::Neutral
    } else {
        Conclusion::Success
    })
}

#[cfg(test)]
mod tests;
