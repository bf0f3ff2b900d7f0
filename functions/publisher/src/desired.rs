//! Computes the desired publications of a head from its state.

use crate::approval::requests_approval;
use crate::head::{HeadState, requests_changes};
use crate::published::{PublishedPullRequest, ReviewKind, Subject, sha256};
use crate::status::Status;
use github::port::ReviewEvent;
use policy::Show;
use review::Finding;
use review::item::Verdict;
use serde_json::json;

/// Desired publications of a pull request.
#[derive(Debug, Clone)]
pub(crate) struct Desired {
    /// Reviews, in the order of posting.
    pub(crate) reviews: Vec<DesiredReview>,
    /// Approval that may follow the review of the verdict, when the checks of other Apps have passed.
    pub(crate) approval: Option<DesiredReview>,
    /// Status in the check and the summary; `None` if the settings hide it.
    pub(crate) status: Option<Status>,
    /// Earlier head whose findings the verdict continues. Its comments remain valid.
    pub(crate) since: Option<github::HeadSha>,
    /// True if findings of that head are still open.
    pub(crate) is_still_open: bool,
}

/// Review that should be visible.
#[derive(Debug, Clone)]
pub(crate) struct DesiredReview {
    pub(crate) subject: Subject,
    pub(crate) content: ReviewContent,
}

/// Content of a review.
#[derive(Debug, Clone)]
pub(crate) enum ReviewContent {
    Verdict(Box<Verdict>),
    /// Blocking findings that arrived after the verdict was published without them.
    Late(Vec<Finding>),
    /// Approval that follows the verdict's review.
    Approval(Box<Verdict>),
}

impl ReviewContent {
    /// Returns the findings for comments on lines.
    pub(crate) fn findings(&self) -> &[Finding] {
        match self {
            Self::Verdict(verdict) => &verdict.findings,
            Self::Late(findings) => findings,
            Self::Approval(_) => &[],
        }
    }
}

/// Computes the desired publications of a head. `published` tells whether a later head needs a review
/// of its own.
pub(crate) fn desired(head: &HeadState, published: Option<&PublishedPullRequest>) -> Desired {
    let verdict = head.item.verdict.as_ref();
    let verdict = verdict.filter(|_| head.item.skipped.is_none());
    let mut reviews = Vec::new();
    let mut approval = None;
    if let Some(verdict) = verdict {
        let kind = head.review_kind(verdict, published);
        let subject = |kind| head.subject(kind, &shown(verdict));
        approval = requests_approval(&head.item, verdict).then(|| DesiredReview {
            subject: subject(ReviewKind::Approval),
            content: ReviewContent::Approval(verdict.clone().into()),
        });
        reviews.extend(kind.map(|kind| DesiredReview {
            subject: subject(kind),
            content: ReviewContent::Verdict(verdict.clone().into()),
        }));
        let policy = &head.item.policy;
        if policy.publish && policy.show.review != Show::Never && !head.late.is_empty() {
            reviews.push(DesiredReview {
                subject: head.subject(ReviewKind::Late, &json!(places(&head.late))),
                content: ReviewContent::Late(head.late.clone()),
            });
        }
    }
    Desired {
        reviews,
        approval,
        status: head.status(),
        since: verdict.and_then(|verdict| verdict.since.clone()),
        is_still_open: verdict.is_some_and(|verdict| !verdict.still_open.is_empty()),
    }
}

impl HeadState {
    fn subject(&self, kind: ReviewKind, shown: &serde_json::Value) -> Subject {
        Subject {
            kind,
            head_sha: Some(self.review.head_sha.clone()),
            base: self.item.base_branch.clone(),
            digest: sha256(&shown.to_string()),
        }
    }
}

/// Returns the parts of a verdict that a new review must show.
fn shown(verdict: &Verdict) -> serde_json::Value {
    let vote = match verdict.event {
        ReviewEvent::Approve => "approve",
        ReviewEvent::Comment => "comment",
        ReviewEvent::RequestChanges => "request_changes",
    };
    json!([
        vote,
        places(&verdict.findings),
        places(&verdict.unsure),
        places(&verdict.still_open),
        verdict.missing,
    ])
}

/// Returns the fields of `findings` that an update of the bot does not change. Texts and ranks are
/// left out: a new wording must not cause a second review.
fn places(findings: &[Finding]) -> Vec<serde_json::Value> {
    let place = |finding: &Finding| {
        json!([
            finding.path,
            finding.line,
            finding.side,
            finding.rule,
            finding.severity
        ])
    };
    findings.iter().map(place).collect()
}

/// Returns the vote of a review without an approval.
pub(crate) fn vote(content: &ReviewContent) -> ReviewEvent {
    match content {
        ReviewContent::Verdict(verdict) if verdict.event == ReviewEvent::RequestChanges => {
            ReviewEvent::RequestChanges
        }
        ReviewContent::Verdict(_) => ReviewEvent::Comment,
        ReviewContent::Late(findings) if requests_changes(findings) => ReviewEvent::RequestChanges,
        ReviewContent::Late(_) => ReviewEvent::Comment,
        ReviewContent::Approval(_) => ReviewEvent::Approve,
    }
}
