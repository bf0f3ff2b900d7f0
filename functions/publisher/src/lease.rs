//! Leases: one attempt at a time writes to GitHub for an item.
//!
//! An attempt that finds a leased item does not wait. Its event counts as postponed: the holder, or
//! the next attempt if the holder fails, looks at the state again. The event of a holder that
//! crashed is delivered again, and its lease ends by time.

use crate::deps::{Deps, NAME};
use crate::ignore_reason::{IgnoreReason, Stop};
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

/// Age of an event up to which an answer of GitHub may be older than the event: GitHub reads from
/// replicas.
const LONGEST_LAG: Duration = Duration::from_mins(5);

/// Upper bound for one write (the port's writes have a shorter timeout). With less time left of the
/// lease, the publisher does not write.
const TIME_TO_WRITE: Duration = Duration::from_secs(12);

/// Value that is stored with a lease.
pub(crate) trait Item: Clone + Serialize + DeserializeOwned + Send + Sync {
    /// Copies the changes of a lease's holder from `held`.
    fn take_over(&mut self, held: &Self);
}

/// Writes to GitHub under a lease.
#[async_trait]
pub(crate) trait Work<T>: Send {
    /// Brings GitHub into the state that is desired now.
    async fn apply(&mut self, deps: &Deps, held: &mut HeldLease<T>) -> Result<(), Stop>;

    /// Returns the events to emit after the newest [`apply`](Work::apply), also if it failed in
    /// part.
    fn emits(&self) -> &[NewEvent];
}

/// Item with the lease of the attempt that writes for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeasedItem<T> {
    pub(crate) value: T,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lease: Option<Lease>,
    /// Number of events that were acknowledged while another attempt held the lease, and that no
    /// attempt has handled yet.
    #[serde(default)]
    postponed: u32,
}

/// Lease of one attempt. Another attempt may acquire the item after `until`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Lease {
    /// Random id of the attempt.
    holder: String,
    /// Event that the attempt handles.
    event: EventId,
    /// End of the lease.
    until: Timestamp,
}

/// Lease with its item, as its holder has it. The holder may write until the lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeldLease<T> {
    key: Key,
    lease: Lease,
    /// Time of the event that the attempt handles.
    event_time: Timestamp,
    /// Number of postponed events that this attempt handles too.
    pub(crate) postponed: u32,
    /// Value of the item. Changes are stored when the lease is saved, released or abandoned.
    pub(crate) value: T,
}

/// Result of the acquisition of a lease.
#[derive(Debug)]
enum Acquisition<T> {
    /// Nothing is to be written.
    NotNeeded,
    /// Another attempt holds the lease, and handles this event too.
    Postponed,
    Held(HeldLease<T>),
}

/// Result of the release of a lease.
#[derive(Debug)]
enum Release {
    /// The lease is released: the outcome, and the events to emit.
    Done(Outcome, Vec<Event>),
    /// Other events arrived meanwhile. The lease is renewed.
    Renewed,
    /// The lease ended. The attempt that holds the new lease continues.
    Lost,
}

/// Reason that a lease cannot be used. All of them are temporary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LeaseError {
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
    /// Another attempt has acquired the item.
    #[error("another attempt holds the lease")]
    Lost,
}

impl Failure for LeaseError {
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

impl<T: Item> LeasedItem<T> {
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

    fn is_held_by(&self, held: &HeldLease<T>) -> bool {
        let lease = self.lease.as_ref();
        lease.is_some_and(|lease| lease.holder == held.lease.holder)
    }

    /// Returns the item with the value of `held`.
    fn with(&self, held: &HeldLease<T>) -> Self {
        let mut next = self.clone();
        next.value.take_over(&held.value);
        next
    }

    /// Returns the item after the release of `held`.
    fn released(&self, held: &HeldLease<T>) -> Result<Self, NotReleased> {
        if !self.is_held_by(held) {
            Err(NotReleased::Lost)
        } else if self.postponed != held.postponed {
            Err(NotReleased::Postponed)
        } else {
            Ok(Self::new(self.with(held).value))
        }
    }
}

impl<T> HeldLease<T> {
    /// Returns an error if too little of the lease is left to write.
    pub(crate) fn time_left(&self, now: Timestamp) -> Result<(), LeaseError> {
        match now + TIME_TO_WRITE > self.lease.until {
            true => Err(LeaseError::TooLate),
            false => Ok(()),
        }
    }

    /// Returns whether GitHub's answers may be older than the event.
    pub(crate) fn may_lag(&self, now: Timestamp) -> bool {
        now < self.event_time + LONGEST_LAG
    }
}

/// Reason that a lease is not released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NotReleased {
    Postponed,
    Lost,
}

impl fmt::Display for NotReleased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postponed => "other events arrived meanwhile",
            Self::Lost => "another attempt holds the lease",
        })
    }
}

/// Does `work` for `event` under a lease on the item under `key`; the item is `first` if there is
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
    let mut held = match acquire(deps, key, event, first, change).await? {
        Acquisition::NotNeeded => return Ok(IgnoreReason::Already.outcome()),
        Acquisition::Postponed => return Ok(IgnoreReason::Postponed.outcome()),
        Acquisition::Held(held) => held,
    };
    loop {
        let (mut ignored, mut failed) = (None, None);
        match work.apply(deps, &mut held).await {
            Ok(()) => {}
            Err(Stop::Ignored(reason)) => ignored = Some(reason.to_string()),
            Err(Stop::Failed(error)) if error.is_retryable() => {
                abandon(deps, &held).await?;
                return Err(error);
            }
            Err(Stop::Failed(error)) => {
                ignored = Some(error.to_string());
                failed = Some(error);
            }
        }
        let release = match ignored {
            Some(reason) if work.emits().is_empty() => {
                release_ignored(deps, &mut held, reason).await?
            }
            Some(_) | None => release(deps, &mut held, event, work.emits()).await?,
        };
        match release {
            Release::Renewed => {}
            Release::Lost => return Err(LeaseError::Lost.into()),
            Release::Done(outcome, events) => {
                deps.bus.emit(events).await?;
                return failed.map_or(Ok(outcome), Err);
            }
        }
    }
}

/// Acquires the item under `key` for `event`; the item is `first` if there is none. `change` adapts
/// the value and returns whether something is to be written. It is applied also if another attempt
/// holds the item.
async fn acquire<T: Item>(
    deps: &Deps,
    key: Key,
    event: &Event,
    first: &T,
    change: impl Fn(&mut T) -> bool + Send + Sync,
) -> Result<Acquisition<T>, HandlerError> {
    let holder = deps.entropy.nonce();
    let acquire = |seen: Option<Record<LeasedItem<T>>>, now: Timestamp| {
        let mut next = seen.unwrap_or_else(|| Record {
            value: LeasedItem::new(first.clone()),
            applied: vec![],
        });
        let is_due = change(&mut next.value.value) || next.value.is_in_use();
        let acquired = match next.value.active(now) {
            Some(lease) if lease.event == event.id && lease.holder != holder => {
                let until = lease.until;
                let wait = Duration::try_from(until.duration_since(now)).unwrap_or(LEASE);
                return (None, Err(LeaseError::Busy { until, wait }));
            }
            Some(lease) if lease.holder != holder => {
                // Only compared with an earlier count.
                next.value.postponed = next.value.postponed.wrapping_add(1);
                Acquisition::Postponed
            }
            None if !is_due => return (None, Ok(Acquisition::NotNeeded)),
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
                Acquisition::Held(HeldLease {
                    key: key.clone(),
                    lease,
                    event_time: event.time,
                    postponed: next.value.postponed,
                    value: next.value.value.clone(),
                })
            }
        };
        (Some((next, now + RETENTION)), Ok(acquired))
    };
    Ok(deps.state.update(&key, acquire).await??)
}

/// Stores the value of the item, and keeps the lease.
pub(crate) async fn save<T: Item>(deps: &Deps, held: &HeldLease<T>) -> Result<(), HandlerError> {
    let saved = replace(deps, held, |item| item).await?;
    saved.map(drop).ok_or_else(|| LeaseError::Lost.into())
}

/// Stores the value of the item after a failure, and ends the lease. The next attempt handles the
/// postponed events.
async fn abandon<T: Item>(deps: &Deps, held: &HeldLease<T>) -> Result<(), HandlerError> {
    let abandoned = |item| LeasedItem {
        lease: None,
        ..item
    };
    replace(deps, held, abandoned).await.map(drop)
}

/// Stores the value of the item and ends the lease, with `emits` for `event`. Renews the lease if
/// other events were postponed meanwhile.
async fn release<T: Item>(
    deps: &Deps,
    held: &mut HeldLease<T>,
    event: &Event,
    emits: &[NewEvent],
) -> Result<Release, HandlerError> {
    let decide = |seen: Option<&LeasedItem<T>>, now: Timestamp| {
        let released = seen.map_or(Err(NotReleased::Lost), |seen| seen.released(held));
        match released {
            Ok(next) => Decision::Write {
                next,
                emits: emits.to_vec(),
                expires_at: Some(now + RETENTION),
            },
            Err(reason) => Decision::Ignore(reason),
        }
    };
    let mut turn = deps.state.turn(&held.key, NAME, event, decide).await?;
    if let Turn::Repeated { .. } = turn {
        // The event was handled before. What this attempt did is recorded under an id of its own.
        let again = Event {
            id: EventId::derive(&event.id, &held.lease.holder, 0),
            ..event.clone()
        };
        turn = deps.state.turn(&held.key, NAME, &again, decide).await?;
    }
    if let Turn::Ignored(reason) = turn {
        return renew(deps, held, reason).await;
    }
    let (outcome, mut events) = turn.into_parts();
    for emitted in &mut events {
        emitted.causationid = Some(event.id.clone());
    }
    Ok(Release::Done(outcome, events))
}

/// Like [`release`], but for an event that is ignored for `reason`.
async fn release_ignored<T: Item>(
    deps: &Deps,
    held: &mut HeldLease<T>,
    reason: String,
) -> Result<Release, HandlerError> {
    let release = |seen: Option<Record<LeasedItem<T>>>, now: Timestamp| {
        let Some(mut record) = seen else {
            return (None, Err(NotReleased::Lost));
        };
        match record.value.released(held) {
            Ok(next) => {
                record.value = next;
                (Some((record, now + RETENTION)), Ok(()))
            }
            Err(reason) => (None, Err(reason)),
        }
    };
    match deps.state.update(&held.key, release).await? {
        Ok(()) => Ok(Release::Done(Outcome::Ignored { reason }, vec![])),
        Err(reason) => renew(deps, held, reason).await,
    }
}

async fn renew<T: Item>(
    deps: &Deps,
    held: &mut HeldLease<T>,
    reason: NotReleased,
) -> Result<Release, HandlerError> {
    let until = deps.clock.now() + LEASE;
    let renewed = |item: LeasedItem<T>| {
        let lease = item.lease.map(|lease| Lease { until, ..lease });
        LeasedItem { lease, ..item }
    };
    let renewed = match reason {
        NotReleased::Postponed => replace(deps, held, renewed).await?,
        NotReleased::Lost => None,
    };
    let Some(item) = renewed else {
        return Ok(Release::Lost);
    };
    held.value = item.value;
    held.postponed = item.postponed;
    held.lease.until = until;
    Ok(Release::Renewed)
}

/// Stores the value of the item and what `next` changes, if `held` still holds the item. Returns
/// the stored item.
async fn replace<T: Item>(
    deps: &Deps,
    held: &HeldLease<T>,
    next: impl Fn(LeasedItem<T>) -> LeasedItem<T> + Send + Sync,
) -> Result<Option<LeasedItem<T>>, HandlerError> {
    let replace = |seen: Option<Record<LeasedItem<T>>>, now: Timestamp| {
        let current = seen.filter(|record| record.value.is_held_by(held));
        let saved = current.map(|record| Record {
            value: next(record.value.with(held)),
            applied: record.applied,
        });
        let item = saved.as_ref().map(|record| record.value.clone());
        (saved.map(|record| (record, now + RETENTION)), item)
    };
    Ok(deps.state.update(&held.key, replace).await?)
}
