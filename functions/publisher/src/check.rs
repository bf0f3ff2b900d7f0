//! The check run beside the merge button: one for a commit. GitHub knows no pull
//! requests there, so all that have the commit for their head share it, and the worst of
//! what they tell is shown.

use crate::publication::{Claim, Publish};
use crate::wanted::{Ignored, Wanted, key};
use crate::{Publisher, text};
use async_trait::async_trait;
use events::{HandlerError, Say};
use github::PrKey;
use github::port::{Conclusion, GitHubError, NewCheck};
use review::Finding;
use review::item::{ReviewItem, Stale};
use review::message::{ReviewKey, SkipReason};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use state::Key;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What branch protection knows it by.
pub(crate) const NAME: &str = "github-bot";

/// Of more pull requests with one head, those that tell the least bad are forgotten.
const MOST_PULL_REQUESTS: usize = 50;

/// What a check or the summary tells of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Told {
    /// It is left alone.
    Skipped(SkipReason),
    /// Its review has begun.
    UnderWay,
    /// Its review.
    Review,
    /// Its review, and what blocks and came after it.
    Block,
}

impl Told {
    /// Whether it may be told after `before`. That a head is left alone, or looked at
    /// again, is told no more once it was reviewed: nobody gets rid of a check that way.
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

/// A text, known again by its digest: 32 hexadecimal digits of SHA-256.
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

/// What a pull request has its head's check say.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Says {
    conclusion: Option<Conclusion>,
    title: String,
    summary: String,
}

impl Says {
    fn of(of: &Wanted, told: Told) -> Self {
        Self {
            conclusion: conclusion(&of.item, told),
            title: text::headline(of, told),
            summary: text::check_summary(of, told),
        }
    }

    /// A required check is not passed by it: who has this commit next may have it
    /// reviewed.
    fn of_dropped(stale: &Stale) -> Self {
        Self {
            conclusion: Some(Conclusion::Cancelled),
            title: "Given up".to_owned(),
            summary: format!("Nobody waits for this check any more: {stale}."),
        }
    }
}

/// What is kept of that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Tells {
    told: Told,
    /// How the check ends by it; `None` while the review is under way.
    conclusion: Option<Conclusion>,
    content: Content,
}

impl Tells {
    fn of(told: Told, says: &Says) -> Self {
        let conclusion = says.conclusion;
        let end = format!("{conclusion:?}");
        Self {
            told,
            conclusion,
            content: Content::of([&*end, &says.title, &says.summary]),
        }
    }

    /// Whether there is something else to tell than `before`.
    fn supersedes(&self, before: &Self) -> bool {
        self.told.supersedes(before.told) && self.content != before.content
    }

    /// The worse, the greater.
    fn badness(&self) -> u8 {
        match self.conclusion {
            Some(Conclusion::Failure) => 3,
            None => 2,
            // No review ends so: what is given up tells nothing any more.
            Some(Conclusion::Cancelled) => 0,
            Some(Conclusion::Neutral) => 1,
            Some(Conclusion::Success) => 0,
        }
    }
}

/// A check that is to be set.
#[derive(Debug, Clone)]
pub(crate) struct Check {
    review: ReviewKey,
    /// `None` of a head that is given up: what is under way ends.
    tells: Option<Tells>,
}

impl Check {
    pub(crate) fn of(of: &Wanted, told: Told) -> Self {
        Self {
            review: of.review.clone(),
            tells: Some(Tells::of(told, &Says::of(of, told))),
        }
    }

    pub(crate) fn dropped(review: ReviewKey) -> Self {
        Self {
            review,
            tells: None,
        }
    }
}

/// What is kept of a commit's check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stands {
    /// What each pull request tells, by its number.
    tells: BTreeMap<u64, Tells>,
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

    /// Whoever holds the claim tells what is so by now.
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
            .map(|(of, told)| Tells::of(*told, &Says::of(of, *told)))
        {
            Ok(now) if before.is_none_or(|before| now.supersedes(before)) => {
                tells.insert(number, now);
            }
            Ok(_) => {}
            Err(_) => drop(tells.remove(&number)),
        }
        let says = self.worst(by, &mut tells, &own).await?;
        let end = match end {
            Some(refused @ End::Refused(_)) => refused,
            Some(End::CheckId(_)) | None => match self.set(by, claim, says).await {
                Err(Unset::Ended) => return Ok(Err(Ignored::Ended)),
                Err(Unset::Refused(reason)) => {
                    tracing::info!(review = %self.review, reason, "no check: it takes an App that may write checks");
                    End::Refused(reason)
                }
                Err(Unset::Failed(error)) => return Err(error),
                Ok(id) => End::CheckId(id),
            },
        };
        Ok(Ok(Stands { tells, end }))
    }

    fn says(&self, _: &Stands) -> Vec<Say> {
        vec![] // nobody waits for it
    }
}

enum Unset {
    /// Nothing is under way that would have to end.
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
    /// What the pull request tells that tells the worst. `own` is what this one has to
    /// tell, or why it has nothing to tell any more. Others that have another head by
    /// now, or are closed, are forgotten.
    async fn worst(
        &self,
        by: &Publisher,
        tells: &mut BTreeMap<u64, Tells>,
        own: &Result<(Wanted, Told), Stale>,
    ) -> Result<Says, HandlerError> {
        let mut order: Vec<_> = tells
            .iter()
            .map(|(number, it)| (it.badness(), *number, it.told, it.conclusion))
            .collect();
        let is_own = |number: u64| number == self.review.pr.number;
        order.sort_by_key(|(badness, number, ..)| Reverse((*badness, is_own(*number))));
        for (_, number, ..) in order.iter().skip(MOST_PULL_REQUESTS) {
            tells.remove(number);
        }
        // What it is about may have moved on; its end is the one that it told.
        let say = |of: &Wanted, told, conclusion| Says {
            conclusion,
            ..Says::of(of, told)
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
            Ok((of, told)) => Says::of(of, *told),
            Err(stale) => Says::of_dropped(stale),
        })
    }

    /// One run is kept up to date. One that has ended cannot be in progress again:
    /// another of the same name takes its place then.
    async fn set(&self, by: &Publisher, claim: &Claim<Stands>, says: Says) -> Result<u64, Unset> {
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
            conclusion: says.conclusion,
            title: says.title,
            summary: says.summary,
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

/// How it ends: code's decision, by what is open, what was read, and what the
/// repository wants of it. `None` while it is under way.
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
