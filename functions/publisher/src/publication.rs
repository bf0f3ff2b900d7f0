//! The claim on a publication: who may publish it now, and what stands of it.

use crate::wanted::Ignored;
use crate::{NAME, Publisher};
use async_trait::async_trait;
use bus::HandlerError;
use event::{Event, Failure, Outcome, Say, Timestamp};
use ports::Entropy;
use review::item::RETENTION;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use state::{Decision, Key, Record, Saved};
use std::time::Duration;

/// How long an attempt has to itself: longer than the function may run, shorter
/// than its queue's visibility timeout, after which it is tried again.
pub(crate) const LEASE: Duration = Duration::from_secs(45);

/// Posting takes no longer (the port's writes give up earlier); with less left of the
/// lease, nothing is posted.
const TIME_TO_POST: Duration = Duration::from_secs(12);

/// Something on GitHub that is published once for its key, or kept up to date there.
#[async_trait]
pub(crate) trait Publish: Send + Sync {
    /// What is kept of it when it stands.
    type Stands: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync;

    /// `publication:…`.
    fn key(&self) -> Key;

    /// Whether what stands tells this already, or something newer.
    fn is_told_by(&self, stands: &Self::Stands) -> bool;

    /// Looks for it on GitHub, and posts it if it is not there.
    async fn post(
        &self,
        by: &Publisher,
        claim: &Claim<Self::Stands>,
    ) -> Result<Result<Self::Stands, Ignored>, HandlerError>;

    /// What is said when it stands.
    fn says(&self, stands: &Self::Stands) -> Vec<Say>;
}

/// What every marker begins with.
pub(crate) const MARKER: &str = "<!-- github-bot:";

/// Stands in what is posted, and is searched for before posting. Drawn at the first
/// claim and kept: nobody outside can know it before it is posted, so nobody can post
/// it first to keep the bot silent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Marker(String);

impl Marker {
    fn draw(entropy: &dyn Entropy) -> Self {
        Self(format!("{MARKER}{} -->", entropy.nonce()))
    }

    /// As it stands in Markdown, where nobody sees it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands beside it where the pull request is approved.
    pub(crate) fn approving(&self) -> String {
        format!("<!-- {} approves -->", self.bare())
    }

    /// As it stands where there is no Markdown.
    pub(crate) fn bare(&self) -> &str {
        self.0.trim_start_matches("<!-- ").trim_end_matches(" -->")
    }
}

/// The state item; `S` is what is kept of what stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Publication<S> {
    pub(crate) marker: Marker,
    /// How far it is.
    pub(crate) stage: Stage<S>,
}

/// How far a publication is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage<S> {
    /// Somebody is at it.
    Claimed(Lease<S>),
    /// It stands.
    Published(S),
}

/// After `until` somebody else may be at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lease<S> {
    /// Whose claim: drawn anew at every claim.
    holder: String,
    /// The end of the lease.
    until: Timestamp,
    /// What stood before, and stands until it is known otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<S>,
}

/// A claim that was won: it may be posted until the lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim<S> {
    pub(crate) marker: Marker,
    pub(crate) lease: Lease<S>,
}

/// Why there is no claim to be had now. Later there is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Contested {
    /// Another attempt holds the lease.
    #[error("another attempt is publishing until {until}")]
    Busy {
        /// The end of its lease.
        until: Timestamp,
        /// From now.
        wait: Duration,
    },
    /// Another attempt moved first.
    #[error("another attempt claimed the publication at the same time")]
    Conflict,
    /// Too little is left of the lease to post anything.
    #[error("the lease is running out before anything is posted")]
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
    /// Nothing is to be had until its end.
    pub(crate) fn busy(&self, now: Timestamp) -> Contested {
        let until = self.until;
        let wait = Duration::try_from(until.duration_since(now)).unwrap_or(LEASE);
        Contested::Busy { until, wait }
    }
}

impl<S> Claim<S> {
    /// Whether there is time to post.
    pub(crate) fn time_left(&self, now: Timestamp) -> Result<(), Contested> {
        match now + TIME_TO_POST > self.lease.until {
            true => Err(Contested::TooSlow),
            false => Ok(()),
        }
    }
}

impl Publisher {
    /// Claims what is `wanted`, posts it, and settles the claim. Of what stands already
    /// it is said again: who hears that may have forgotten, or turned to another head.
    pub(crate) async fn publish<P: Publish>(
        &self,
        event: &Event,
        wanted: &P,
    ) -> Result<Outcome, HandlerError> {
        let key = wanted.key();
        let stands = match self.claim(&key, wanted).await? {
            Some(claim) => match wanted.post(self, &claim).await? {
                Ok(stands) => Some((claim, stands)),
                Err(ignored) => return Ok(ignored.outcome()),
            },
            None => None,
        };
        let decide = |seen: Option<&Publication<P::Stands>>, now| match &stands {
            Some((claim, stands)) => settle(seen, claim, stands, wanted.says(stands), now),
            None => again(seen, wanted, now),
        };
        let turn = self.state.turn(&key, NAME, event, decide).await?;
        let (outcome, events) = turn.into_parts();
        self.bus.emit(events).await?;
        Ok(outcome)
    }

    /// Claims what is `wanted`; `None` if it is told already. The claim is no journal
    /// entry: only what stands on GitHub counts as done.
    async fn claim<P: Publish>(
        &self,
        key: &Key,
        wanted: &P,
    ) -> Result<Option<Claim<P::Stands>>, HandlerError> {
        let seen = self.state.load::<Record<Publication<P::Stands>>>(key);
        let seen = seen.await?;
        let (before, applied) = match seen.value {
            Some(record) => (Some(record.value), record.applied),
            None => (None, Vec::new()),
        };
        let now = self.clock.now();
        let is_told = |stands: &P::Stands| wanted.is_told_by(stands);
        let Some(claim) = claim(before, is_told, now, &*self.entropy)? else {
            return Ok(None);
        };
        let value = Publication {
            marker: claim.marker.clone(),
            stage: Stage::Claimed(claim.lease.clone()),
        };
        let (record, expires_at) = (Record { value, applied }, Some(now + RETENTION));
        let saved = self.state.save(key, seen.version, &record, expires_at);
        match saved.await? {
            Saved::Written(_) => Ok(Some(claim)),
            Saved::Stale => Err(Contested::Conflict.into()),
        }
    }
}

/// Free, or its lease has ended: won. Held: an error that says until when. Told: `None`.
fn claim<S>(
    seen: Option<Publication<S>>,
    is_told: impl FnOnce(&S) -> bool,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Option<Claim<S>>, Contested> {
    let (marker, before) = match seen {
        None => (Marker::draw(entropy), None),
        Some(Publication { marker, stage }) => match stage {
            Stage::Published(stands) if is_told(&stands) => return Ok(None),
            Stage::Published(stands) => (marker, Some(stands)),
            Stage::Claimed(lease) if now < lease.until => return Err(lease.busy(now)),
            Stage::Claimed(lease) => (marker, lease.before),
        },
    };
    let lease = Lease {
        holder: entropy.nonce(),
        until: now + LEASE,
        before,
    };
    Ok(Some(Claim { marker, lease }))
}

/// What stands, once more; ignored if nobody waits for it.
fn again<P: Publish>(
    seen: Option<&Publication<P::Stands>>,
    wanted: &P,
    now: Timestamp,
) -> Decision<Publication<P::Stands>, Ignored> {
    let says = match seen.map(|seen| &seen.stage) {
        Some(Stage::Published(stands)) => wanted.says(stands),
        Some(Stage::Claimed(_)) | None => vec![],
    };
    match seen {
        Some(seen) if !says.is_empty() => Decision::Write {
            next: seen.clone(),
            says,
            expires_at: Some(now + RETENTION),
        },
        Some(_) | None => Decision::Ignore(Ignored::Already),
    }
}

/// Published, if the claim that it was posted under still stands. If it does not,
/// whoever took it over finds what was posted and settles it.
fn settle<S: Clone + PartialEq>(
    seen: Option<&Publication<S>>,
    claim: &Claim<S>,
    stands: &S,
    says: Vec<Say>,
    now: Timestamp,
) -> Decision<Publication<S>, Ignored> {
    let held = seen.is_some_and(|seen| match &seen.stage {
        Stage::Claimed(lease) => *lease == claim.lease,
        Stage::Published(_) => false,
    });
    if !held {
        return Decision::Ignore(Ignored::TakenOver);
    }
    Decision::Write {
        next: Publication {
            marker: claim.marker.clone(),
            stage: Stage::Published(stands.clone()),
        },
        says,
        expires_at: Some(now + RETENTION),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::SeededEntropy;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn won(seen: Option<Publication<u8>>, second: i64) -> Claim<u8> {
        let entropy = SeededEntropy::new(second.unsigned_abs());
        let claim = claim(seen, |_| false, at(second), &entropy);
        claim.unwrap().expect("it is not told")
    }

    fn held(claim: &Claim<u8>) -> Publication<u8> {
        Publication {
            marker: claim.marker.clone(),
            stage: Stage::Claimed(claim.lease.clone()),
        }
    }

    #[test]
    fn one_attempt_at_a_time_and_the_next_when_the_lease_ends() {
        let first = won(None, 100);
        let entropy = SeededEntropy::new(2);
        let during = claim(Some(held(&first)), |_| false, at(144), &entropy);
        let wait = Duration::from_secs(1);
        assert_eq!(
            during,
            Err(Contested::Busy {
                until: at(145),
                wait
            })
        );
        let second = won(Some(held(&first)), 145);
        assert_eq!(
            second.marker, first.marker,
            "what the first may have posted is found"
        );
        assert_ne!(second.lease, first.lease, "the claim is another");
    }

    #[test]
    fn only_the_claim_that_stands_settles() {
        let first = won(None, 100);
        let second = won(Some(held(&first)), 200);
        let late = settle(Some(&held(&second)), &first, &5, vec![], at(201));
        assert_eq!(late, Decision::Ignore(Ignored::TakenOver));
        let now = settle(Some(&held(&second)), &second, &5, vec![], at(201));
        let Decision::Write { next, .. } = now else {
            panic!("the second claim stands");
        };
        let entropy = SeededEntropy::new(3);
        let again = claim(Some(next.clone()), |it| *it == 5, at(9999), &entropy);
        assert_eq!(again, Ok(None), "and it stays published");
        let newer = won(Some(next), 9999);
        assert_eq!(newer.lease.before, Some(5), "what stood is known");
        let taken_over = won(Some(held(&newer)), 10_100);
        assert_eq!(taken_over.lease.before, Some(5), "a crash later, too");
    }

    #[test]
    fn there_must_be_time_to_post() {
        let claim = won(None, 100);
        assert_eq!(claim.time_left(at(133)), Ok(()));
        assert_eq!(claim.time_left(at(134)), Err(Contested::TooSlow));
    }

    #[test]
    fn a_claim_of_before_it_kept_what_stood_is_read() {
        let old = r#"{"marker":"<!-- github-bot:1 -->","stage":{"claimed":{"holder":"a","until":"2026-01-05T09:00:00Z"}}}"#;
        let read: Publication<u8> = serde_json::from_str(old).unwrap();
        assert_eq!(read.marker.bare(), "github-bot:1");
    }
}
