//! Approvals that follow a review, for checks that were still running when it was posted.

use crate::Publisher;
use crate::approval::{Approval, is_asked};
use crate::publication::{Claim, Marker, Publish, Stage, Subject};
use crate::review::Stands as Reviewed;
use crate::wanted::{Ignored, Wanted};
use crate::{both, text};
use async_trait::async_trait;
use events::{Event, HandlerError, NewEvent, Outcome};
use github::port::{NewReview, ReviewEvent};
use github::{PrKey, Reference};
use review::item::Verdict;
use review::message::ReviewKey;
use serde::{Deserialize, Serialize};
use state::Key;

pub(crate) const APPROVAL: &str = "approval";

/// Approval that may be due.
#[derive(Debug, Clone)]
pub(crate) struct Approve {
    of: Wanted,
    verdict: Verdict,
    /// Marker in every review that approves this head, including the verdict's review.
    marker: String,
}

/// Stored form of the approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stands {
    /// GitHub's id of the review that approves.
    pub(crate) review_id: u64,
}

#[async_trait]
impl Publish for Approve {
    type Stands = Stands;

    fn key(&self) -> Key {
        self.of.key(APPROVAL)
    }

    fn subject(&self) -> Option<Subject> {
        Some(self.of.subject(&self.verdict))
    }

    fn is_told_by(&self, _: &Stands) -> bool {
        true // one approval for each subject
    }

    async fn post(
        &self,
        by: &Publisher,
        claim: &Claim<Stands>,
    ) -> Result<Result<Stands, Ignored>, HandlerError> {
        let pr = &self.of.review.pr;
        if let Some(found) = by.deps.github.find_review(pr, &self.marker).await? {
            return Ok(Ok(Stands { review_id: found.0 }));
        }
        if let Err(ignored) = by.may_approve(self).await? {
            return Ok(Err(ignored));
        }
        claim.time_left(by.deps.clock.now())?;
        let approval = NewReview {
            commit_id: self.of.review.head_sha.clone(),
            event: ReviewEvent::Approve,
            body: text::approval(&self.of, &self.marker),
            comments: vec![],
        };
        let id = by.deps.github.create_review(pr, &approval).await?;
        Ok(Ok(Stands { review_id: id.0 }))
    }

    fn emits(&self, _: &Stands) -> Vec<NewEvent> {
        vec![] // this publication emits no events
    }
}

impl Publisher {
    /// Approves the pull requests that waited for these checks.
    pub(crate) async fn checked(
        &self,
        event: &Event,
        checks: &Reference,
    ) -> Result<Outcome, HandlerError> {
        let mut all = None;
        let (Some(repo), Some(head_sha)) = (&checks.repo, &checks.head_sha) else {
            return Ok(Ignored::OfNone.outcome());
        };
        for number in &checks.pull_requests {
            let pr = PrKey {
                repo: repo.clone(),
                number: *number,
            };
            let head_sha = head_sha.clone();
            let one = self.approve(event, &ReviewKey { pr, head_sha }).await?;
            all = Some(match all {
                Some(all) => both(all, one),
                None => one,
            });
        }
        Ok(all.unwrap_or_else(|| Ignored::OfNone.outcome()))
    }

    async fn approve(&self, event: &Event, review: &ReviewKey) -> Result<Outcome, HandlerError> {
        let of = match self.wanted(review).await? {
            Ok(of) => of,
            Err(ignored) => return Ok(ignored.outcome()),
        };
        let approve = match self.awaited(of).await? {
            Ok(approve) => approve,
            Err(ignored) => return Ok(ignored.outcome()),
        };
        // Most suites are not the last one, so they do not claim the publication.
        match self.may_approve(&approve).await? {
            Ok(()) => self.publish(event, &approve).await,
            Err(ignored) => Ok(ignored.outcome()),
        }
    }

    /// Returns the approval of `of` if its review is published and did not approve.
    async fn awaited(&self, of: Wanted) -> Result<Result<Approve, Ignored>, HandlerError> {
        let Some(verdict) = of.item.verdict.clone() else {
            return Ok(Err(Ignored::NotReviewed));
        };
        if !is_asked(&of.item, &verdict) {
            return Ok(Err(Ignored::NotAsked));
        }
        let subject = of.subject(&verdict);
        let reviewed = self.reviewed(&of).await?;
        let reviewed = reviewed.filter(|it| it.is_about(Some(&subject)));
        let marker = match reviewed.map(|it| (it.marker, it.stage)) {
            None | Some((_, Stage::Withdrawn(_))) => return Ok(Err(Ignored::NotReviewed)),
            // The review may have read the checks before they ended.
            Some((_, Stage::Claimed(lease))) => {
                return Err(lease.busy(self.deps.clock.now()).into());
            }
            Some((_, Stage::Published(Reviewed::Recorded { .. }))) => {
                return Ok(Err(Ignored::Unpublished));
            }
            Some((marker, Stage::Published(Reviewed::Posted { .. }))) => marker,
        };
        Ok(Ok(Approve {
            of,
            verdict,
            marker: Marker::approving(&marker),
        }))
    }

    /// Returns an error if a condition of the policy is not met now.
    async fn may_approve(&self, approve: &Approve) -> Result<Result<(), Ignored>, HandlerError> {
        let Approve { of, verdict, .. } = approve;
        let approval = self.approval(of, Some(verdict)).await?;
        Ok(approval.and_then(|approval| match approval {
            Approval::Given => Ok(()),
            Approval::NotAsked => Err(Ignored::NotAsked),
            Approval::Withheld(reasons) => Err(Ignored::Withheld(reasons)),
        }))
    }
}
