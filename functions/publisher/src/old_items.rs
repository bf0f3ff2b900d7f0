//! Reads the items of version 0.1, which had one item for each review, summary and check, so that
//! an update posts nothing again.

use crate::deps::Deps;
use crate::desired::Desired;
use crate::published::{
    CheckRun, Contribution, Marker, PublishedCheck, PublishedPullRequest, PublishedReview,
    PublishedSummary, ReviewKind, ReviewObject, Subject, TextDigest, key,
};
use events::HandlerError;
use github::port::{CheckId, CommentId, ReviewEvent, ReviewId};
use review::message::ReviewKey;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct OldItem<T> {
    marker: Marker,
    subject: Option<OldSubject>,
    stage: OldStage<T>,
}

#[derive(Deserialize)]
struct OldSubject {
    base: Option<String>,
    digest: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum OldStage<T> {
    Claimed(OldLease<T>),
    Published(T),
    Withdrawn(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
struct OldLease<T> {
    before: Option<T>,
}

/// A review on GitHub. A recorded one does not match, and is recorded again.
#[derive(Deserialize)]
struct OldReview {
    review_id: u64,
    #[serde(default)]
    comments: u32,
}

#[derive(Deserialize)]
struct OldSummary {
    comment: CommentId,
    content: Option<TextDigest>,
}

#[derive(Deserialize)]
struct OldCheck {
    tells: BTreeMap<u64, OldStatus>,
    end: OldEnd,
}

#[derive(Deserialize)]
struct OldStatus {
    conclusion: Option<github::port::Conclusion>,
    content: TextDigest,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum OldEnd {
    CheckId(u64),
    Refused(String),
}

/// Returns the content of the old items of a head, or a new item, and whether there are old items.
pub(crate) async fn pull_request(
    deps: &Deps,
    review: &ReviewKey,
    desired: &Desired,
) -> Result<(PublishedPullRequest, bool), HandlerError> {
    let mut published = PublishedPullRequest::new(&*deps.entropy);
    for (suffix, kind) in [
        ("verdict", ReviewKind::Verdict),
        ("block", ReviewKind::Late),
        ("doubt", ReviewKind::Late),
        ("approval", ReviewKind::Approval),
    ] {
        let old = read::<OldReview>(deps, &format!("{review}/{suffix}")).await?;
        published
            .reviews
            .extend(old.and_then(|old| adopt(review, kind, desired, old)));
    }
    let old = read::<OldSummary>(deps, &format!("{}/summary", review.pr)).await?;
    if let Some(old) = old {
        published.marker = old.marker;
        published.summary = object(old.stage).map(|summary| PublishedSummary {
            comment: summary.comment,
            text: summary.content.unwrap_or_default(),
        });
    }
    let is_old = !published.reviews.is_empty() || published.summary.is_some();
    Ok((published, is_old))
}

/// Returns the content of the old item of the check, or a new item.
pub(crate) async fn check(deps: &Deps, review: &ReviewKey) -> Result<PublishedCheck, HandlerError> {
    let mut published = PublishedCheck::new(&*deps.entropy);
    let name = format!("{}@{}/check", review.pr.repo, review.head_sha);
    let Some(old) = read::<OldCheck>(deps, &name).await? else {
        return Ok(published);
    };
    published.marker = old.marker;
    let Some(check) = object(old.stage) else {
        published.run = Some(CheckRun::Attempt);
        return Ok(published);
    };
    let statuses = check.tells.into_iter();
    published.pull_requests = statuses
        .map(|(number, status)| {
            let contribution = Contribution {
                conclusion: status.conclusion,
                text: status.content,
            };
            (number, contribution)
        })
        .collect();
    let worst = published.pull_requests.values().max_by_key(|it| it.rank());
    published.run = Some(match check.end {
        OldEnd::CheckId(id) => CheckRun::Set {
            id: CheckId(id),
            content: worst.cloned().unwrap_or_default(),
            shown: published.pull_requests.clone(),
            gone: [].into(),
        },
        OldEnd::Refused(reason) => CheckRun::Refused(reason),
    });
    Ok(published)
}

async fn read<T: DeserializeOwned>(
    deps: &Deps,
    name: &str,
) -> Result<Option<OldItem<T>>, HandlerError> {
    match deps.state.peek(&key(name)).await {
        // A recorded review.
        Err(state::StateError::Corrupt { .. }) => Ok(None),
        item => Ok(item?),
    }
}

/// Returns the object on GitHub.
fn object<T>(stage: OldStage<T>) -> Option<T> {
    match stage {
        OldStage::Published(object) => Some(object),
        OldStage::Claimed(lease) => lease.before,
        OldStage::Withdrawn(_) => None,
    }
}

fn adopt(
    review: &ReviewKey,
    kind: ReviewKind,
    desired: &Desired,
    old: OldItem<OldReview>,
) -> Option<PublishedReview> {
    let object = match old.stage {
        OldStage::Published(posted) => ReviewObject::Posted {
            id: ReviewId(posted.review_id),
            // Unknown here. The search on GitHub finds it out.
            event: ReviewEvent::Comment,
            comments: posted.comments,
        },
        OldStage::Claimed(_) => ReviewObject::Attempt,
        OldStage::Withdrawn(_) => return None,
    };
    Some(PublishedReview {
        subject: match old.subject {
            Some(subject) => Subject {
                kind,
                head_sha: Some(review.head_sha.clone()),
                base: subject.base,
                digest: subject.digest,
            },
            // An item of an earlier version shows what is stored.
            None => {
                let mut subjects = desired.reviews.iter().map(|review| &review.subject);
                subjects.find(|subject| subject.kind == kind)?.clone()
            }
        },
        marker: old.marker,
        object,
        attempt: None,
        is_continued: false,
    })
}
