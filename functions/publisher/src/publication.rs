//! Claims on publications: the right to publish, and the published object.

use crate::wanted::Ignored;
use crate::{NAME, Publisher};
use async_trait::async_trait;
use events::{Entropy, Event, Failure, HandlerError, NewEvent, Outcome, Timestamp};
use review::item::RETENTION;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use state::{Decision, Key, Record, SaveResult};
use std::time::Duration;

/// Duration of a lease. It is longer than the function's timeout and shorter than the visibility
/// timeout of its queue, after which the message is redelivered.
pub(crate) const LEASE: Duration = Duration::from_secs(45);

/// Upper bound for one post (the port's writes have a shorter timeout). With less time left of the
/// lease, the publisher does not post.
const TIME_TO_POST: Duration = Duration::from_secs(12);

/// Object on GitHub that is published once per key, or edited in place.
#[async_trait]
pub(crate) trait Publish: Send + Sync {
    /// Stored description of the published object.
    type Stands: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync;

    /// Returns the state key, `publication:…`.
    fn key(&self) -> Key;

    /// Returns the verdict that the object on GitHub shows. A publication with another subject
    /// needs another object. Returns `None` if one object is edited for every event.
    fn subject(&self) -> Option<Subject> {
        None
    }

    /// Returns whether the published object shows this content or newer content.
    fn is_told_by(&self, stands: &Self::Stands) -> bool;

    /// Searches GitHub for the object, and posts it if it is missing.
    async fn post(
        &self,
        by: &Publisher,
        claim: &Claim<Self::Stands>,
    ) -> Result<Result<Self::Stands, Ignored>, HandlerError>;

    /// Returns the events to emit after publication.
    fn emits(&self, stands: &Self::Stands) -> Vec<NewEvent>;
}

/// Prefix of every marker.
pub(crate) const MARKER: &str = "<!-- github-bot:";

/// Marker in the posted text. The publisher searches for it before it posts. It is drawn at the
/// first claim and stored: it is secret until it is posted, so no other account can post it first
/// to suppress a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Marker(String);

impl Marker {
    fn draw(entropy: &dyn Entropy) -> Self {
        Self(format!("{MARKER}{} -->", entropy.nonce()))
    }

    /// Returns the marker as an HTML comment, which is invisible in Markdown.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the additional marker of a review that approves.
    pub(crate) fn approving(&self) -> String {
        format!("<!-- {} approves -->", self.bare())
    }

    /// Returns the marker for fields without Markdown.
    pub(crate) fn bare(&self) -> &str {
        self.0.trim_start_matches("<!-- ").trim_end_matches(" -->")
    }
}

/// Identifies the verdict that a review on GitHub shows: the same head has another verdict
/// after a change of its base branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subject {
    pub(crate) base: Option<String>,
    /// SHA-256 of the verdict's vote and findings, in hexadecimal digits.
    pub(crate) digest: String,
}

/// State item. `S` describes the published object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Publication<S> {
    pub(crate) marker: Marker,
    /// Verdict that the marker was drawn for. `None` for edited objects, and in items of versions
    /// before subjects were stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<Subject>,
    pub(crate) stage: Stage<S>,
}

/// Stage of a publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage<S> {
    /// An attempt holds the lease.
    Claimed(Lease<S>),
    /// The object is published.
    Published(S),
    /// The vote was dismissed in favour of another head's review.
    Withdrawn(S),
}

impl<S> Stage<S> {
    /// Returns the object on GitHub that counts until another one is published.
    pub(crate) fn object(&self) -> Option<&S> {
        match self {
            Self::Claimed(lease) => lease.before.as_ref(),
            Self::Published(object) => Some(object),
            Self::Withdrawn(_) => None,
        }
    }

    pub(crate) fn is_claimed(&self) -> bool {
        match self {
            Self::Claimed(_) => true,
            Self::Published(_) | Self::Withdrawn(_) => false,
        }
    }
}

impl<S> Publication<S> {
    /// Returns whether this publication shows, or will show, the verdict of `subject`.
    /// An item without a subject is trusted, so that an update posts nothing again.
    pub(crate) fn is_about(&self, subject: Option<&Subject>) -> bool {
        self.subject.is_none() || self.subject.as_ref() == subject
    }
}

/// Lease of one attempt. Another attempt may claim the publication after `until`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lease<S> {
    /// Random id of the attempt, drawn at every claim.
    holder: String,
    /// End of the lease.
    until: Timestamp,
    /// Object that was published before this claim. It counts until the claim is settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<S>,
}

/// Successful claim. Its holder may post until the lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim<S> {
    pub(crate) marker: Marker,
    pub(crate) subject: Option<Subject>,
    pub(crate) lease: Lease<S>,
}

/// Reason that a claim failed. All of them are temporary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Contested {
    /// Another attempt holds the lease.
    #[error("another attempt holds the lease until {until}")]
    Busy {
        /// End of the other attempt's lease.
        until: Timestamp,
        /// Time from now until the end of the lease.
        wait: Duration,
    },
    /// Another attempt saved its claim first.
    #[error("another attempt claimed the publication at the same time")]
    Conflict,
    /// The rest of the lease is too short to post.
    #[error("too little of the lease is left to post")]
    TooSlow,
}

impl Failure for Contested {
    fn is_retryable(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::Conflict | Self::TooSlow => true,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { wait, .. } => Some(*wait),
            Self::Conflict | Self::TooSlow => Some(LEASE),
        }
    }
}

impl<S> Lease<S> {
    /// Returns the error for an attempt that finds this lease.
    pub(crate) fn busy(&self, now: Timestamp) -> Contested {
        let until = self.until;
        let wait = Duration::try_from(until.duration_since(now)).unwrap_or(LEASE);
        Contested::Busy { until, wait }
    }
}

impl<S> Claim<S> {
    /// Returns an error if too little of the lease is left to post.
    pub(crate) fn time_left(&self, now: Timestamp) -> Result<(), Contested> {
        match now + TIME_TO_POST > self.lease.until {
            true => Err(Contested::TooSlow),
            false => Ok(()),
        }
    }
}

impl Publisher {
    /// Claims the publication, posts it, and settles the claim. Emits the events again if the
    /// object is published already: a subscriber may have lost them or have been at another head.
    pub(crate) async fn publish<P: Publish>(
        &self,
        event: &Event,
        wanted: &P,
    ) -> Result<Outcome, HandlerError> {
        let key = wanted.key();
        let stands = match self.claim(&key, wanted).await? {
            Some(claim) => match wanted.post(self, &claim).await? {
                Ok(stands) => Some((claim, stands)),
                Err(ignored) => {
                    self.release(&key, &claim).await?;
                    return Ok(ignored.outcome());
                }
            },
            None => None,
        };
        let decide = |seen: Option<&Publication<P::Stands>>, now| match &stands {
            Some((claim, stands)) => settle(seen, claim, stands, wanted.emits(stands), now),
            None => again(seen, wanted, now),
        };
        let turn = self.deps.state.turn(&key, NAME, event, decide).await?;
        let (outcome, events) = turn.into_parts();
        self.deps.bus.emit(events).await?;
        Ok(outcome)
    }

    /// Claims the publication. Returns `None` if its content is published already. The claim is no
    /// journal entry: only an object on GitHub counts as done.
    async fn claim<P: Publish>(
        &self,
        key: &Key,
        wanted: &P,
    ) -> Result<Option<Claim<P::Stands>>, HandlerError> {
        let seen = self.deps.state.get::<Record<Publication<P::Stands>>>(key);
        let seen = seen.await?;
        let (before, applied) = match seen.value {
            Some(record) => (Some(record.value), record.applied),
            None => (None, Vec::new()),
        };
        let now = self.deps.clock.now();
        let is_told = |stands: &P::Stands| wanted.is_told_by(stands);
        let Some(claim) = claim(before, wanted.subject(), is_told, now, &*self.deps.entropy)?
        else {
            return Ok(None);
        };
        let value = Publication {
            marker: claim.marker.clone(),
            subject: claim.subject.clone(),
            stage: Stage::Claimed(claim.lease.clone()),
        };
        let (record, expires_at) = (Record { value, applied }, Some(now + RETENTION));
        let saved = self.deps.state.set(key, seen.version, &record, expires_at);
        match saved.await? {
            SaveResult::Written(_) => Ok(Some(claim)),
            SaveResult::Stale => Err(Contested::Conflict.into()),
        }
    }

    /// Ends the lease of an attempt that posted nothing, so that the next event does not wait for
    /// it.
    async fn release<S>(&self, key: &Key, claim: &Claim<S>) -> Result<(), HandlerError>
    where
        S: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync,
    {
        let end = |seen: Option<Record<Publication<S>>>, now: Timestamp| {
            let held = seen.filter(|record| record.value.is_held_by(claim));
            let released = held.map(|mut record| {
                let until = now;
                record.value.stage = Stage::Claimed(Lease {
                    until,
                    ..claim.lease.clone()
                });
                (record, now + RETENTION)
            });
            (released, ())
        };
        Ok(self.deps.state.update(key, end).await?)
    }

    /// Records that the vote of this publication is dismissed: its verdict is posted again
    /// when its head becomes the newest again.
    pub(crate) async fn withdraw<S>(&self, key: &Key) -> Result<(), HandlerError>
    where
        S: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync,
    {
        let withdraw = |seen: Option<Record<Publication<S>>>, now: Timestamp| {
            let next = seen.and_then(|mut record| match record.value.stage {
                Stage::Published(stands) => {
                    record.value.stage = Stage::Withdrawn(stands);
                    Some((record, now + RETENTION))
                }
                Stage::Claimed(_) | Stage::Withdrawn(_) => None,
            });
            (next, ())
        };
        Ok(self.deps.state.update(key, withdraw).await?)
    }
}

impl<S: PartialEq> Publication<S> {
    fn is_held_by(&self, claim: &Claim<S>) -> bool {
        match &self.stage {
            Stage::Claimed(lease) => *lease == claim.lease,
            Stage::Published(_) | Stage::Withdrawn(_) => false,
        }
    }
}

/// Claims the publication if it is free or its lease has ended. Returns `None` if `subject` is
/// published already, and the end of the lease as an error while another attempt holds it. Another
/// subject gets another marker: the search for it must not find the review of an earlier verdict.
fn claim<S>(
    seen: Option<Publication<S>>,
    subject: Option<Subject>,
    is_told: impl FnOnce(&S) -> bool,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Option<Claim<S>>, Contested> {
    let (marker, before) = match seen {
        None => (None, None),
        Some(seen) => {
            let marker = seen.is_about(subject.as_ref()).then_some(seen.marker);
            match seen.stage {
                Stage::Published(stands) if marker.is_some() && is_told(&stands) => {
                    return Ok(None);
                }
                Stage::Published(stands) => (marker, Some(stands)),
                Stage::Withdrawn(stands) => (None, Some(stands)),
                Stage::Claimed(lease) if now < lease.until => return Err(lease.busy(now)),
                Stage::Claimed(lease) => (marker, lease.before),
            }
        }
    };
    let marker = marker.unwrap_or_else(|| Marker::draw(entropy));
    let lease = Lease {
        holder: entropy.nonce(),
        until: now + LEASE,
        before,
    };
    Ok(Some(Claim {
        marker,
        subject,
        lease,
    }))
}

/// Emits the events of a published object again. Ignores the event if it has none.
fn again<P: Publish>(
    seen: Option<&Publication<P::Stands>>,
    wanted: &P,
    now: Timestamp,
) -> Decision<Publication<P::Stands>, Ignored> {
    let emits = match seen.map(|seen| &seen.stage) {
        Some(Stage::Published(stands)) => wanted.emits(stands),
        Some(Stage::Claimed(_) | Stage::Withdrawn(_)) | None => vec![],
    };
    match seen {
        Some(seen) if !emits.is_empty() => Decision::Write {
            next: seen.clone(),
            emits,
            expires_at: Some(now + RETENTION),
        },
        Some(_) | None => Decision::Ignore(Ignored::Already),
    }
}

/// Stores the object as published if `claim` still holds the lease. Otherwise the new holder finds
/// the posted object and settles it.
fn settle<S: Clone + PartialEq>(
    seen: Option<&Publication<S>>,
    claim: &Claim<S>,
    stands: &S,
    emits: Vec<NewEvent>,
    now: Timestamp,
) -> Decision<Publication<S>, Ignored> {
    if !seen.is_some_and(|seen| seen.is_held_by(claim)) {
        return Decision::Ignore(Ignored::TakenOver);
    }
    Decision::Write {
        next: Publication {
            marker: claim.marker.clone(),
            subject: claim.subject.clone(),
            stage: Stage::Published(stands.clone()),
        },
        emits,
        expires_at: Some(now + RETENTION),
    }
}

#[cfg(test)]
mod tests;
