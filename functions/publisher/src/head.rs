//! Loads the state of a head.

use crate::deps::Deps;
use crate::ignore_reason::{IgnoreReason, Outdated, Stop};
use crate::status::Status;
use crate::visibility::{CheckState, check_state, refusal};
use events::{Failure, HandlerError};
use github::port::{GitHubError, PullRequest};
use review::item::{CheckItem, PullRequestItem, ReviewItem, StaleReason};
use review::message::ReviewKey;
use review::{Category, Finding};

/// State of a head.
#[derive(Debug, Clone)]
pub(crate) struct HeadState {
    pub(crate) review: ReviewKey,
    pub(crate) item: ReviewItem,
    /// Pull request according to its newest delivery.
    pub(crate) pull: Option<PullRequestItem>,
    /// Blocking findings of the security specialist that the verdict does not contain.
    pub(crate) late: Vec<Finding>,
    pub(crate) check: CheckState,
    /// Reason for which GitHub finally refused the review.
    pub(crate) refusal: Option<String>,
}

impl HeadState {
    /// Returns the status to publish, or `None` if the settings hide it.
    pub(crate) fn status(&self) -> Option<Status> {
        let item = &self.item;
        match (&item.skipped, &item.verdict) {
            _ if !item.policy.publish => None,
            (Some(skipped), _) => Some(Status::Skipped(skipped.reason)),
            (None, Some(_)) if requests_changes(&self.late) => Some(Status::Blocked),
            (None, Some(_)) => Some(Status::Reviewed),
            (None, None) => Some(Status::UnderWay),
        }
    }

    /// Returns GitHub's answer, or `None` for an error that a retry does not fix. Logs the error
    /// with `what`, and the caller continues without the answer.
    pub(crate) fn optional_answer<T>(
        &self,
        what: &str,
        answer: Result<T, GitHubError>,
    ) -> Result<Option<T>, GitHubError> {
        match answer {
            Err(error) if !error.is_retryable() => {
                tracing::info!(review = %self.review, what, %error, "GitHub refused the request; continuing without its answer");
                Ok(None)
            }
            answer => answer.map(Some),
        }
    }

    /// Stops if GitHub's pull request `now` has another head or base branch, or is closed. If GitHub's
    /// answer may lag, this is an error that a retry may fix.
    pub(crate) fn check_current(&self, now: &PullRequest, may_lag: bool) -> Result<(), Stop> {
        match self.compare(now) {
            Err(reason) if may_lag => Err(Outdated(reason).into()),
            compared => Ok(compared?),
        }
    }

    fn compare(&self, now: &PullRequest) -> Result<(), IgnoreReason> {
        if now.head_sha != self.review.head_sha {
            return Err(IgnoreReason::Stale(StaleReason::Superseded(
                now.head_sha.clone(),
            )));
        }
        if !now.open {
            return Err(IgnoreReason::Stale(StaleReason::Closed));
        }
        match &self.item.base_branch {
            Some(was) if *was != now.base_ref => Err(IgnoreReason::OtherBase {
                was: was.clone(),
                now: now.base_ref.clone(),
            }),
            Some(_) | None => Ok(()),
        }
    }
}

/// Returns whether late findings request changes. Findings of a model alone do not: they had no
/// second look.
pub(crate) fn requests_changes(late: &[Finding]) -> bool {
    late.iter().any(Finding::is_by_rules)
}

/// Returns the state of the head of `review`, if it is the newest one.
pub(crate) async fn load(deps: &Deps, review: &ReviewKey) -> Result<HeadState, Stop> {
    let pull = deps.state.peek(&PullRequestItem::key(&review.pr)).await?;
    load_with(deps, review, pull).await
}

/// Returns the state of the newest head of the pull request of `review`; of its own head if the
/// state has no pull request.
pub(crate) async fn load_newest(deps: &Deps, review: &ReviewKey) -> Result<HeadState, Stop> {
    let key = PullRequestItem::key(&review.pr);
    let pull: Option<PullRequestItem> = deps.state.peek(&key).await?;
    let newest = pull.as_ref().map(|pull| pull.head_sha.clone());
    let review = ReviewKey {
        head_sha: newest.unwrap_or_else(|| review.head_sha.clone()),
        ..review.clone()
    };
    load_with(deps, &review, pull).await
}

async fn load_with(
    deps: &Deps,
    review: &ReviewKey,
    pull: Option<PullRequestItem>,
) -> Result<HeadState, Stop> {
    let wants = pull.as_ref().map(|pull| pull.wants(&review.head_sha));
    if let Some(Err(stale)) = wants {
        return Err(IgnoreReason::Stale(stale).into());
    }
    let item: Option<ReviewItem> = deps.state.peek(&ReviewItem::key(review)).await?;
    let mut item = item.ok_or(IgnoreReason::NotStored)?;
    if let Some(verdict) = &mut item.verdict {
        verdict.end_revocations(pull.as_ref());
    }
    if let (Some(was), Some(pull)) = (&item.base_branch, &pull)
        && *was != pull.base.branch
    {
        let (was, now) = (was.clone(), pull.base.branch.clone());
        return Err(IgnoreReason::OtherBase { was, now }.into());
    }
    Ok(HeadState {
        late: late(deps, review, &item).await?,
        check: check_state(deps, review, &item.policy).await?,
        refusal: refusal(deps, review, item.base_branch.as_ref()).await?,
        review: review.clone(),
        item,
        pull,
    })
}

/// Returns the blocking findings in the security specialist's report, if the verdict was reached
/// without it.
async fn late(
    deps: &Deps,
    review: &ReviewKey,
    item: &ReviewItem,
) -> Result<Vec<Finding>, HandlerError> {
    let verdict = item.verdict.as_ref();
    if !verdict.is_some_and(|verdict| verdict.missing.contains(&Category::Security)) {
        return Ok(vec![]);
    }
    let key = CheckItem::key(review, Category::Security);
    let report: Option<CheckItem> = deps.state.peek(&key).await?;
    let report = report.filter(|report| report.is_against(&item.base_sha));
    let findings = report.map_or(vec![], |report| report.report.findings);
    let rule = item.policy.block_rule();
    let mut findings = review::merged(findings, &rule);
    findings.retain(|finding| finding.blocks(&rule));
    Ok(findings)
}
