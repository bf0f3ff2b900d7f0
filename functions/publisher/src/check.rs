//! The check run beside the merge button. There is one per commit: GitHub does not assign check
//! runs to pull requests. All pull requests with this head share the check, and it shows the worst
//! of their statuses.

use crate::deps::Deps;
use crate::head::{HeadState, load};
use crate::ignore_reason::{IgnoreReason, Stop};
use crate::lease::{self, HeldLease, LeasedItem, Work};
use crate::published::{
    Attempt, CheckRun, Contribution, PublishedCheck, PublishedPullRequest, TextDigest,
};
use crate::status::Status;
use crate::{old_items, text};
use async_trait::async_trait;
use events::{Event, HandlerError, NewEvent, Outcome};
use github::port::{CheckId, Conclusion, GitHubError, NewCheck, ReviewEvent};
use github::{PrKey, RepoName};
use policy::{Show, SkipConclusion};
use review::item::{ReviewItem, StaleReason};
use review::message::{ReviewKey, SkipReason};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Name of the check, as branch protection refers to it.
pub(crate) const NAME: &str = "github-bot";

/// Maximum number of pull requests stored for one head. Above it, those with the best status are
/// removed.
const MOST_PULL_REQUESTS: usize = 50;

/// Sets the check of a head. Ends it if the settings hide it.
pub(crate) async fn publish(
    deps: &Deps,
    event: &Event,
    head: &HeadState,
) -> Result<Outcome, HandlerError> {
    let Some(status) = head.status() else {
        let hidden = IgnoreReason::Unpublished;
        return end(deps, event, &head.review, None, &hidden).await;
    };
    if head.item.policy.show.check == Show::Never {
        return end(deps, event, &head.review, None, &IgnoreReason::Hidden).await;
    }
    let is_shown = head.shows_check(status);
    let contribution = ShownCheck::of(head, status).contribution();
    let change = |check: &mut PublishedCheck| {
        // A check that GitHub shows is kept up to date.
        if is_shown || check.run.is_some() {
            let all = &mut check.pull_requests;
            all.insert(head.review.pr.number, contribution.clone());
            remove_best(all, head.review.pr.number);
        }
        check.is_due(head.review.pr.number)
    };
    run(deps, event, &head.review, change, None).await
}

/// Ends the check of a head whose review is no longer needed, if it is in progress.
pub(crate) async fn cancel(
    deps: &Deps,
    event: &Event,
    review: &ReviewKey,
    why: &StaleReason,
) -> Result<Outcome, HandlerError> {
    end(deps, event, review, Some(why), &IgnoreReason::NoCheck).await
}

/// Continues the work of postponed events, after an event that is ignored for `reason`. Ends
/// the check of a stale head.
pub(crate) async fn resume(
    deps: &Deps,
    event: &Event,
    review: &ReviewKey,
    reason: &IgnoreReason,
) -> Result<Outcome, HandlerError> {
    if let IgnoreReason::Stale(why) = reason {
        return cancel(deps, event, review, why).await;
    }
    let change = |check: &mut PublishedCheck| check.is_due(review.pr.number);
    Ok(match run(deps, event, review, change, None).await? {
        Outcome::Ignored { .. } => reason.outcome(),
        done @ (Outcome::Applied { .. } | Outcome::Repeated { .. }) => done,
    })
}

/// Ends the check of a head if it is in progress. The event is ignored for the reason `otherwise`.
async fn end(
    deps: &Deps,
    event: &Event,
    review: &ReviewKey,
    stale: Option<&StaleReason>,
    otherwise: &IgnoreReason,
) -> Result<Outcome, HandlerError> {
    let change = |check: &mut PublishedCheck| {
        let number = review.pr.number;
        let own = check.pull_requests.get(&number);
        if own.is_some_and(|own| own.conclusion.is_none()) {
            check.pull_requests.remove(&number);
        }
        check.is_due(number) || check.is_shared_with(number)
    };
    Ok(match run(deps, event, review, change, stale).await? {
        Outcome::Ignored { .. } => otherwise.outcome(),
        done @ (Outcome::Applied { .. } | Outcome::Repeated { .. }) => done,
    })
}

async fn run(
    deps: &Deps,
    event: &Event,
    review: &ReviewKey,
    change: impl Fn(&mut PublishedCheck) -> bool + Send + Sync,
    stale: Option<&StaleReason>,
) -> Result<Outcome, HandlerError> {
    let key = PublishedCheck::key(&review.pr.repo, &review.head_sha);
    let first = old_items::check(deps, review).await?;
    let mut work = CheckWork { review, stale };
    lease::run(deps, event, key, &first, change, &mut work).await
}

/// Removes the pull requests with the best statuses above the limit, except the pull request
/// `own`.
fn remove_best(all: &mut BTreeMap<u64, Contribution>, own: u64) {
    while all.len() > MOST_PULL_REQUESTS {
        let others = all.iter().filter(|(number, _)| **number != own);
        let best = others.min_by_key(|(_, contribution)| contribution.rank());
        let Some(best) = best.map(|(number, _)| *number) else {
            return;
        };
        all.remove(&best);
    }
}

/// Content of the check.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ShownCheck {
    conclusion: Option<Conclusion>,
    title: String,
    summary: String,
}

impl ShownCheck {
    fn of(head: &HeadState, status: Status) -> Self {
        Self {
            conclusion: conclusion(&head.item, status),
            title: text::headline(head, status),
            summary: text::check_summary(head, status),
        }
    }

    /// Returns a cancelled check. A required check does not pass by it: another pull request with
    /// this commit can still be reviewed.
    fn cancelled(stale: Option<&StaleReason>) -> Self {
        let title = match stale {
            Some(StaleReason::Closed) => "The pull request is closed",
            Some(StaleReason::Superseded(_)) => "Superseded by a newer commit",
            None => "No review is published",
        };
        let summary = match stale {
            Some(StaleReason::Superseded(by)) => {
                format!("This commit is not reviewed. {} replaces it.", by.short())
            }
            Some(StaleReason::Closed) | None => "This commit is not reviewed.".to_owned(),
        };
        Self {
            conclusion: Some(Conclusion::Cancelled),
            title: title.to_owned(),
            summary,
        }
    }

    fn contribution(&self) -> Contribution {
        let conclusion = format!("{:?}", self.conclusion);
        Contribution {
            conclusion: self.conclusion,
            text: TextDigest::of([&*conclusion, &self.title, &self.summary]),
        }
    }
}

struct CheckWork<'a> {
    review: &'a ReviewKey,
    /// Reason that the head is no longer reviewed, if the event says so.
    stale: Option<&'a StaleReason>,
}

#[async_trait]
impl Work<PublishedCheck> for CheckWork<'_> {
    async fn apply(
        &mut self,
        deps: &Deps,
        held: &mut HeldLease<PublishedCheck>,
    ) -> Result<(), Stop> {
        let (worst, gone) = self.worst(deps, &held.value).await?;
        let check = worst.unwrap_or_else(|| ShownCheck::cancelled(self.stale));
        let before = held.value.run.clone();
        held.value.run = match self.set(deps, held, check).await {
            Ok(Some((id, content))) => {
                held.value.attempt = None;
                Some(CheckRun::Set {
                    id,
                    content,
                    shown: held.value.pull_requests.clone(),
                    gone,
                })
            }
            Ok(None) => {
                held.value.run = None;
                return Err(IgnoreReason::NoCheck.into());
            }
            Err(SetError::Refused(reason)) => {
                tracing::info!(review = %self.review, reason, "GitHub refused the check; it requires an App with the permission checks: write");
                match before {
                    // The run may be set again.
                    Some(CheckRun::Set { .. }) => before,
                    Some(CheckRun::Attempt | CheckRun::Refused(_)) | None => {
                        Some(CheckRun::Refused(reason))
                    }
                }
            }
            Err(SetError::Failed(error)) => return Err(error.into()),
        };
        Ok(())
    }

    fn emits(&self) -> &[NewEvent] {
        &[]
    }
}

enum SetError {
    Refused(String),
    Failed(HandlerError),
}

impl From<GitHubError> for SetError {
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

impl From<HandlerError> for SetError {
    fn from(error: HandlerError) -> Self {
        Self::Failed(error)
    }
}

impl CheckWork<'_> {
    /// Returns the worst status of all pull requests with this head, or `None` if there is none,
    /// and the pull requests that are closed or have another head.
    async fn worst(
        &self,
        deps: &Deps,
        check: &PublishedCheck,
    ) -> Result<(Option<ShownCheck>, BTreeSet<u64>), HandlerError> {
        let own = self.review.pr.number;
        let mut order: Vec<_> = check.pull_requests.iter().collect();
        order.sort_by_key(|(number, it)| Reverse((it.rank(), **number == own)));
        let mut gone = BTreeSet::new();
        for (number, contribution) in order {
            let review = ReviewKey {
                pr: PrKey {
                    repo: self.review.pr.repo.clone(),
                    number: *number,
                },
                head_sha: self.review.head_sha.clone(),
            };
            let head = match load(deps, &review).await {
                Ok(head) => Some(head),
                Err(Stop::Ignored(_)) => None,
                Err(Stop::Failed(error)) => return Err(error),
            };
            let shown = head.and_then(|head| {
                let status = head.status()?;
                Some(ShownCheck::of(&head, status))
            });
            if let Some(shown) = shown {
                // The text comes from the current state; the conclusion is the stored one.
                let conclusion = contribution.conclusion;
                let shown = ShownCheck {
                    conclusion,
                    ..shown
                };
                return Ok((Some(shown), gone));
            }
            gone.insert(*number);
        }
        Ok((None, gone))
    }

    /// Sets the check run, and returns it with its content. A completed run cannot return to in
    /// progress, so a new run of the same name replaces it. A cancellation changes only a run in
    /// progress: it returns the run as it is, or `None` if there is none.
    async fn set(
        &self,
        deps: &Deps,
        held: &mut HeldLease<PublishedCheck>,
        shown: ShownCheck,
    ) -> Result<Option<(CheckId, Contribution)>, SetError> {
        let ReviewKey { pr, head_sha } = self.review;
        let content = shown.contribution();
        let check = NewCheck {
            head_sha: head_sha.clone(),
            name: NAME.to_owned(),
            conclusion: shown.conclusion,
            title: shown.title,
            summary: shown.summary,
            external_id: held.value.marker.bare().to_owned(),
        };
        let before = match &held.value.run {
            Some(CheckRun::Set { id, content, .. }) => Some((*id, content.clone())),
            Some(CheckRun::Attempt) => {
                let id = Some(&*check.external_id);
                let found = self.find(deps, &check, id).await?;
                if found.is_none() {
                    Attempt::check_over(held.value.attempt, deps.clock.now())
                        .map_err(HandlerError::from)?;
                }
                found
            }
            None if self.may_be_lost(deps).await? => self.find(deps, &check, None).await?,
            Some(CheckRun::Refused(_)) | None => None,
        };
        let before = match (before, content.conclusion) {
            (None, Some(Conclusion::Cancelled)) => return Ok(None),
            (Some((id, before)), _) if before == content => return Ok(Some((id, before))),
            (Some((id, before)), conclusion) if before.conclusion.is_some() => match conclusion {
                Some(Conclusion::Cancelled) => return Ok(Some((id, before))),
                Some(_) => Some(id),
                None => None,
            },
            (before, _) => before.map(|(id, _)| id),
        };
        if let Some(id) = before {
            held.time_left(deps.clock.now())
                .map_err(HandlerError::from)?;
            match deps.github.update_check(&pr.repo, id, &check).await {
                Err(GitHubError::NotFound { .. }) => {}
                answer => return Ok(answer.map(|()| Some((id, content)))?),
            }
        }
        let id = create(deps, &pr.repo, check, held).await?;
        Ok(Some((id, content)))
    }

    /// Returns whether the state may have lost a run: it has nothing about the pull request, as
    /// before the first review, or has lost its reviews.
    async fn may_be_lost(&self, deps: &Deps) -> Result<bool, HandlerError> {
        let key = PublishedPullRequest::key(&self.review.pr);
        let published: Option<LeasedItem<PublishedPullRequest>> = deps.state.peek(&key).await?;
        Ok(published.is_none_or(|published| published.value.was_lost))
    }

    /// Returns the newest run on GitHub that an earlier attempt has created, with this id of its
    /// own, if one is given. Its content is unknown, so it has a neutral conclusion and no text.
    async fn find(
        &self,
        deps: &Deps,
        check: &NewCheck,
        external_id: Option<&str>,
    ) -> Result<Option<(CheckId, Contribution)>, SetError> {
        let repo = &self.review.pr.repo;
        let (head, name) = (&check.head_sha, &check.name);
        let found = deps.github.find_check(repo, head, name, external_id);
        let found = found.await?;
        Ok(found.map(|found| {
            let content = Contribution {
                conclusion: found.completed.then_some(Conclusion::Neutral),
                ..Contribution::default()
            };
            (found.id, content)
        }))
    }
}

/// Creates a run. The attempt is stored first, so that the next attempt searches for the run if the
/// answer is missing. Every run has its own marker.
async fn create(
    deps: &Deps,
    repo: &RepoName,
    check: NewCheck,
    held: &mut HeldLease<PublishedCheck>,
) -> Result<CheckId, SetError> {
    let now = deps.clock.now();
    held.time_left(now).map_err(HandlerError::from)?;
    held.value.marker = PublishedCheck::draw_marker(&*deps.entropy);
    held.value.attempt = Some(Attempt::new(now));
    let before = held.value.run.replace(CheckRun::Attempt);
    lease::save(deps, held).await?;
    let check = NewCheck {
        external_id: held.value.marker.bare().to_owned(),
        ..check
    };
    let created = deps.github.create_check(repo, &check).await;
    match &created {
        Err(GitHubError::Unavailable { .. }) => {}
        Ok(_) => held.value.attempt = None,
        Err(_) => {
            held.value.run = before;
            held.value.attempt = None;
        }
    }
    Ok(created?)
}

/// Returns the conclusion of the check, computed from the open findings, the unread files and the
/// repository's policy. Returns `None` while the review is under way.
pub(crate) fn conclusion(item: &ReviewItem, status: Status) -> Option<Conclusion> {
    let by_policy = |conclusion| match conclusion {
        policy::Conclusion::Neutral => Conclusion::Neutral,
        policy::Conclusion::Failure => Conclusion::Failure,
    };
    let checks = &item.policy.checks;
    let verdict = match (status, &item.verdict) {
        (Status::UnderWay, _) => return None,
        (Status::Blocked, _) => return Some(by_policy(checks.on_block)),
        (Status::Reviewed, Some(verdict)) => verdict,
        (Status::Skipped(reason), _) => return Some(skipped(reason, checks.on_skip)),
        (Status::Reviewed, None) => return Some(Conclusion::Neutral),
    };
    let rule = item.policy.block_rule();
    let blocks = verdict.open().any(|finding| finding.blocks(&rule));
    Some(if blocks || verdict.event == ReviewEvent::RequestChanges {
        by_policy(checks.on_block)
    } else if verdict.open().next().is_some() || !verdict.late.is_empty() {
        by_policy(checks.on_findings)
    } else if !verdict.missing.is_empty()
        || !verdict.to_revoke.is_empty()
        || text::unread(&item.reports) > 0
    {
        Conclusion::Neutral
    } else {
        Conclusion::Success
    })
}

/// Returns the conclusion for a head that is not reviewed. A problem is never a success.
fn skipped(reason: SkipReason, on_skip: SkipConclusion) -> Conclusion {
    match (reason, on_skip) {
        (_, SkipConclusion::Failure) => Conclusion::Failure,
        (
            SkipReason::InvalidPolicy | SkipReason::Unreadable,
            SkipConclusion::Neutral | SkipConclusion::Success,
        )
        | (_, SkipConclusion::Neutral) => Conclusion::Neutral,
        (_, SkipConclusion::Success) => Conclusion::Success,
    }
}

#[cfg(test)]
mod tests;
