//! Claims: one attempt at a time writes to GitHub for an item.
//!
//! An attempt that finds a claimed item does not wait. Its event counts as postponed: the holder,
//! or the next attempt if the holder fails, looks at the state again. The event of a holder that
//! crashed is delivered again, and its lease ends by time.

use crate::deps::{Deps, NAME};
use crate::ignore_reason::IgnoreReason;
use async_trait::async_trait;
use events::{Event, EventId, Failure, HandlerError, NewEvent, Outcome, Timestamp};
use review::item::RETENTION;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use state::{Decision, Key, Record, Turn};
use std::fmt;
use std::time::Duration;

/// Duration of a lease. It is longer than the function's timeout and shorter than the visibility
/// timeout of its queue, after which the message is redelivered.
const LEASE: Duration = Duration::from_secs(45);

/// Upper bound for one write (the port's writes have a shorter timeout). With less time left of the
/// lease, the publisher does not write.
const TIME_TO_WRITE: Duration = Duration::from_secs(12);

/// Value that is stored under a claim.
pub(crate) trait Item: Clone + Serialize + DeserializeOwned + Send + Sync {
    /// Copies the changes of a claim's holder from `held`.
    fn take_over(&mut self, held: &Self);
}

/// Writes to GitHub under a claim.
#[async_trait]
pub(crate) trait Work<T>: Send {
    /// Brings GitHub into the state that is desired now, or returns the reason to write nothing.
    async fn apply(
        &mut self,
        deps: &Deps,
        claim: &mut Claim<T>,
    ) -> Result<Result<(), IgnoreReason>, HandlerError>;

    /// Returns the events to emit after the newest [`apply`](Work::apply), also if it failed in
    /// part.
    fn emits(&self) -> &[NewEvent];
}

/// Item with the lease of the attempt that writes for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claimable<T> {
    pub(crate) value: T,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lease: Option<Lease>,
    /// Number of events that were acknowledged while another attempt held the lease, and that no
    /// attempt has handled yet.
    #[serde(default)]
    postponed: u32,
}

/// Lease of one attempt. Another attempt may claim the item after `until`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Lease {
    /// Random id of the attempt.
    holder: String,
    /// Event that the attempt handles.
    event: EventId,
    /// End of the lease.
    until: Timestamp,
}

/// Successful claim. Its holder may write until the lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim<T> {
    key: Key,
    lease: Lease,
    /// Number of postponed events that this attempt handles too.
    pub(crate) postponed: u32,
    /// Value of the item. Changes are stored when the claim is saved, ended or released.
    pub(crate) value: T,
}

/// Result of a claim.
#[derive(Debug)]
enum Claimed<T> {
    /// Nothing is to be written.
    NotNeeded,
    /// Another attempt holds the lease, and handles this event too.
    Postponed,
    Held(Claim<T>),
}

/// Result of the end of a claim.
#[derive(Debug)]
enum Ended {
    /// The claim is ended: the outcome, and the events to emit.
    Done(Outcome, Vec<Event>),
    /// Other events arrived meanwhile. The claim is renewed.
    Renewed,
    /// The lease ended. The attempt that holds the new lease continues.
    Lost,
}

/// Reason that a claim cannot be used. All of them are temporary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ClaimError {
    /// An earlier delivery of the same event holds the lease.
    #[error("an earlier delivery of this event holds the lease until {until}")]
    Busy {
        /// End of the lease.
        until: Timestamp,
        /// Time from now until the end of the lease.
        wait: Duration,
    },
    /// The rest of the lease is too short to write.
    #[error("too little of the lease is left to write")]
    TooLate,
    /// Another attempt took over the claim.
    #[error("another attempt holds the lease")]
    Lost,
}

impl Failure for ClaimError {
    fn is_retryable(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::TooLate | Self::Lost => true,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { wait, .. } => Some(*wait),
            Self::TooLate | Self::Lost => None,
        }
    }
}

impl<T: Item> Claimable<T> {
    fn new(value: T) -> Self {
        Self {
            value,
            lease: None,
            postponed: 0,
        }
    }

    /// Returns the lease if it has not ended.
    fn active(&self, now: Timestamp) -> Option<&Lease> {
        self.lease.as_ref().filter(|lease| now < lease.until)
    }

    /// Returns whether an attempt holds the item, has crashed while it held the item, or has to
    /// handle a postponed event.
    pub(crate) fn is_in_use(&self) -> bool {
        self.lease.is_some() || self.postponed > 0
    }

    fn is_held_by(&self, claim: &Claim<T>) -> bool {
        let lease = self.lease.as_ref();
        lease.is_some_and(|lease| lease.holder == claim.lease.holder)
    }

    /// Returns the item with the value of `claim`.
    fn with(&self, claim: &Claim<T>) -> Self {
        let mut next = self.clone();
        next.value.take_over(&claim.value);
        next
    }

    /// Returns the item after the end of `claim`.
    fn ended(&self, claim: &Claim<T>) -> Result<Self, NotEnded> {
        if !self.is_held_by(claim) {
            Err(NotEnded::Lost)
        } else if self.postponed != claim.postponed {
            Err(NotEnded::Postponed)
        } else {
            Ok(Self::new(self.with(claim).value))
        }
    }
}

impl<T> Claim<T> {
    /// Returns an error if too little of the lease is left to write.
    pub(crate) fn time_left(&self, now: Timestamp) -> Result<(), ClaimError> {
        match now + TIME_TO_WRITE > self.lease.until {
            true => Err(ClaimError::TooLate),
            false => Ok(()),
        }
    }
}

/// Reason that a claim is not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NotEnded {
    Postponed,
    Lost,
}

impl fmt::Display for NotEnded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postponed => "other events arrived meanwhile",
            Self::Lost => "another attempt holds the lease",
        })
    }
}

/// Does `work` for `event` under a claim on the item under `key`; the item is `first` if there is
/// none. `change` adapts the value and returns whether something is to be written. It is applied
/// also if another attempt holds the item.
pub(crate) async fn run<T: Item>(
    deps: &Deps,
    event: &Event,
    key: Key,
    first: &T,
    change: impl Fn(&mut T) -> bool + Send + Sync,
    work: &mut impl Work<T>,
) -> Result<Outcome, HandlerError> {
    let mut claim = match claim(deps, key, event, first, change).await? {
        Claimed::NotNeeded => return Ok(IgnoreReason::Already.outcome()),
        Claimed::Postponed => return Ok(IgnoreReason::Postponed.outcome()),
        Claimed::Held(claim) => claim,
    };
    loop {
        let (mut ignored, mut failed) = (None, None);
        match work.apply(deps, &mut claim).await {
            Ok(Ok(())) => {}
            Ok(Err(reason)) => ignored = Some(reason.to_string()),
            Err(error) if error.is_retryable() => {
                release(deps, &claim).await?;
                return Err(error);
            }
            Err(error) => {
                ignored = Some(error.to_string());
                failed = Some(error);
            }
        }
        let ended = match ignored {
            Some(reason) if work.emits().is_empty() => {
                end_ignored(deps, &mut claim, reason).await?
            }
            Some(_) | None => end(deps, &mut claim, event, work.emits()).await?,
        };
        match ended {
            Ended::Renewed => {}
            Ended::Lost => return Err(ClaimError::Lost.into()),
            Ended::Done(outcome, events) => {
                deps.bus.emit(events).await?;
                return failed.map_or(Ok(outcome), Err);
            }
        }
    }
}

/// Claims the item under `key` for `event`; the item is `first` if there is none. `change` adapts
/// the value and returns whether something is to be written. It is applied also if another attempt
/// holds the item.
async fn claim<T: Item>(
    deps: &Deps,
    key: Key,
    event: &Event,
    first: &T,
    change: impl Fn(&mut T) -> bool + Send + Sync,
) -> Result<Claimed<T>, HandlerError> {
    let holder = deps.entropy.nonce();
    let take = |seen: Option<Record<Claimable<T>>>, now: Timestamp| {
        let mut next = seen.unwrap_or_else(|| Record {
            value: Claimable::new(first.clone()),
            applied: vec![],
        });
        let is_due = change(&mut next.value.value) || next.value.is_in_use();
        let claimed = match next.value.active(now) {
            Some(lease) if lease.event == event.id && lease.holder != holder => {
                let until = lease.until;
                let wait = Duration::try_from(until.duration_since(now)).unwrap_or(LEASE);
                return (None, Err(ClaimError::Busy { until, wait }));
            }
            Some(lease) if lease.holder != holder => {
                // Only compared with an earlier count.
                next.value.postponed = next.value.postponed.wrapping_add(1);
                Claimed::Postponed
            }
            None if !is_due => return (None, Ok(Claimed::NotNeeded)),
            // The holder is this attempt if the answer to its own write was lost.
            Some(_) | None => {
                if next.value.lease.is_some() {
                    // What the holder of an ended lease had to do is unknown.
                    next.value.postponed = next.value.postponed.max(1);
                }
                let lease = Lease {
                    holder: holder.clone(),
                    event: event.id.clone(),
                    until: now + LEASE,
                };
                next.value.lease = Some(lease.clone());
                Claimed::Held(Claim {
                    key: key.clone(),
                    lease,
                    postponed: next.value.postponed,
                    value: next.value.value.clone(),
                })
            }
        };
        (Some((next, now + RETENTION)), Ok(claimed))
    };
    Ok(deps.state.update(&key, take).await??)
}

/// Stores the value of the claim, and keeps the claim.
pub(crate) async fn save<T: Item>(deps: &Deps, claim: &Claim<T>) -> Result<(), HandlerError> {
    let saved = replace(deps, claim, |item| item).await?;
    saved.map(drop).ok_or_else(|| ClaimError::Lost.into())
}

/// Stores the value of a claim that failed, and ends it. The next attempt handles the postponed
/// events.
async fn release<T: Item>(deps: &Deps, claim: &Claim<T>) -> Result<(), HandlerError> {
    let released = |item| Claimable {
        lease: None,
        ..item
    };
    replace(deps, claim, released).await.map(drop)
}

/// Stores the value of the claim and ends it, with `emits` for `event`. Renews the claim if other
/// events were postponed meanwhile.
async fn end<T: Item>(
    deps: &Deps,
    claim: &mut Claim<T>,
    event: &Event,
    emits: &[NewEvent],
) -> Result<Ended, HandlerError> {
    let decide = |seen: Option<&Claimable<T>>, now: Timestamp| {
        let ended = seen.map_or(Err(NotEnded::Lost), |seen| seen.ended(claim));
        match ended {
            Ok(next) => Decision::Write {
                next,
                emits: emits.to_vec(),
                expires_at: Some(now + RETENTION),
            },
            Err(reason) => Decision::Ignore(reason),
        }
    };
    let mut turn = deps.state.turn(&claim.key, NAME, event, decide).await?;
    if let Turn::Repeated { .. } = turn {
        // The event was handled before. What this attempt did is recorded under an id of its own.
        let again = Event {
            id: EventId::derive(&event.id, &claim.lease.holder, 0),
            ..event.clone()
        };
        turn = deps.state.turn(&claim.key, NAME, &again, decide).await?;
    }
    if let Turn::Ignored(reason) = turn {
        return renew(deps, claim, reason).await;
    }
    let (outcome, mut events) = turn.into_parts();
    for emitted in &mut events {
        emitted.causationid = Some(event.id.clone());
    }
    Ok(Ended::Done(outcome, events))
}

/// Like [`end`], but for an event that is ignored for `reason`.
async fn end_ignored<T: Item>(
    deps: &Deps,
    claim: &mut Claim<T>,
    reason: String,
) -> Result<Ended, HandlerError> {
    let end = |seen: Option<Record<Claimable<T>>>, now: Timestamp| {
        let Some(mut record) = seen else {
            return (None, Err(NotEnded::Lost));
        };
        match record.value.ended(claim) {
            Ok(next) => {
                record.value = next;
                (Some((record, now + RETENTION)), Ok(()))
            }
            Err(reason) => (None, Err(reason)),
        }
    };
    match deps.state.update(&claim.key, end).await? {
        Ok(()) => Ok(Ended::Done(Outcome::Ignored { reason }, vec![])),
        Err(reason) => renew(deps, claim, reason).await,
    }
}

async fn renew<T: Item>(
    deps: &Deps,
    claim: &mut Claim<T>,
    reason: NotEnded,
) -> Result<Ended, HandlerError> {
    let until = deps.clock.now() + LEASE;
    let renewed = |item: Claimable<T>| {
        let lease = item.lease.map(|lease| Lease { until, ..lease });
        Claimable { lease, ..item }
    };
    let renewed = match reason {
        NotEnded::Postponed => replace(deps, claim, renewed).await?,
        NotEnded::Lost => None,
    };
    let Some(item) = renewed else {
        return Ok(Ended::Lost);
    };
    claim.value = item.value;
    claim.postponed = item.postponed;
    claim.lease.until = until;
    Ok(Ended::Renewed)
}

/// Stores the value of the claim and what `next` changes, if `claim` still holds the item. Returns
/// the stored item.
async fn replace<T: Item>(
    deps: &Deps,
    claim: &Claim<T>,
    next: impl Fn(Claimable<T>) -> Claimable<T> + Send + Sync,
) -> Result<Option<Claimable<T>>, HandlerError> {
    let replace = |seen: Option<Record<Claimable<T>>>, now: Timestamp| {
        let held = seen.filter(|record| record.value.is_held_by(claim));
        let saved = held.map(|record| Record {
            value: next(record.value.with(claim)),
            applied: record.applied,
        });
        let item = saved.as_ref().map(|record| record.value.clone());
        (saved.map(|record| (record, now + RETENTION)), item)
    };
    Ok(deps.state.update(&claim.key, replace).await?)
}
