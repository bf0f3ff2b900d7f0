use crate::{Key, KeyPrefix, StateError};
use async_trait::async_trait;
use events::{Entropy, Timestamp};
use jiff::{RoundMode, TimestampRound, Unit};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Maximum size of a value in bytes of JSON: DynamoDB's limit of 400 KB for an item ("Constraints
/// in Amazon DynamoDB") minus the key and the bookkeeping attributes. Every backend enforces it, so
/// that a value that fits one backend fits all.
pub const MAX_VALUE_BYTES: usize = 396 * 1024;

/// Time that the backend retains an item after it expired or was deleted. Readers do not see such
/// an item, but a write under its key continues its version. Longer than the maximum run time of a
/// function (15 minutes on Lambda).
pub const RETENTION: Duration = Duration::from_secs(60 * 60);

/// Number of writes of the item under a key. Each write increments it; 0 means that there is no
/// item.
///
/// An item that expired or was deleted continues its version if it is written again within
/// [`RETENTION`]. A writer that saw version 3 of the old item therefore cannot mistake version 3 of
/// the new item for it, unless it runs longer than the retention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version(u64);

impl Version {
    /// Version of an absent or expired item.
    pub const ABSENT: Self = Self(0);

    /// Converts a stored number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns the version as a number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Returns the version after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Identifies one save. A transport sends a write again if the acknowledgement is lost, although
/// the write may have been applied. The stored id distinguishes the writer's own write from a lost
/// race.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteId(String);

impl WriteId {
    /// Draws a new id: 128 random bits, written as 32 hexadecimal digits.
    pub fn draw(entropy: &dyn Entropy) -> Self {
        Self(entropy.nonce())
    }

    /// Converts a stored id.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Result of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a lost race must be decided again"]
pub enum SaveResult {
    /// The item was written and has this version.
    Written(Version),
    /// Another writer was faster; the item was not written.
    Stale,
}

/// Item in a backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredItem {
    pub version: Version,
    /// JSON text.
    pub value: String,
    /// Time of the write, to the millisecond.
    pub updated_at: Timestamp,
    /// Time from which the item is absent, to the millisecond; `None` means never.
    pub expires_at: Option<Timestamp>,
    /// Save that wrote the item.
    pub write_id: WriteId,
}

/// Item to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewItem {
    value: String,
    updated_at: Timestamp,
    expires_at: Option<Timestamp>,
    write_id: WriteId,
}

impl NewItem {
    /// Creates an item. `value` is JSON text, `now` the time of the write. Times are rounded to the
    /// millisecond, the expiry upwards, so that items do not expire early.
    pub fn new(
        value: String,
        now: Timestamp,
        expires_at: Option<Timestamp>,
        write_id: WriteId,
    ) -> Self {
        Self {
            value,
            updated_at: in_millis(now, RoundMode::Floor),
            expires_at: expires_at.map(|at| in_millis(at, RoundMode::Ceil)),
            write_id,
        }
    }

    /// Creates the item that replaces a deleted one: empty and already expired.
    pub fn tombstone(now: Timestamp, write_id: WriteId) -> Self {
        let now = in_millis(now, RoundMode::Floor);
        Self::new("null".to_owned(), now, Some(now), write_id)
    }

    /// Returns the JSON text.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Returns the JSON text by value.
    pub fn into_value(self) -> String {
        self.value
    }

    /// Returns the time of the write, to the millisecond.
    pub fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    /// Returns the time from which the item is absent, to the millisecond.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// Returns the id of the save.
    pub fn write_id(&self) -> &WriteId {
        &self.write_id
    }

    /// Checks the size of the value.
    ///
    /// # Errors
    /// [`StateError::TooLarge`] if the value does not fit every backend.
    pub fn check_size(&self, key: &Key) -> Result<(), StateError> {
        if self.value.len() > MAX_VALUE_BYTES {
            return Err(StateError::TooLarge {
                key: key.clone(),
                size: self.value.len(),
            });
        }
        Ok(())
    }

    /// Converts the item to its stored form with `version`.
    pub fn stored_as(self, version: Version) -> StoredItem {
        StoredItem {
            version,
            value: self.value,
            updated_at: self.updated_at,
            expires_at: self.expires_at,
            write_id: self.write_id,
        }
    }
}

fn in_millis(at: Timestamp, mode: RoundMode) -> Timestamp {
    // Rounding up fails only for the last milliseconds of the supported range.
    at.round(TimestampRound::new().smallest(Unit::Millisecond).mode(mode))
        .unwrap_or(at)
}

/// Store of JSON texts under keys. A write succeeds only if the version is the one that the writer
/// saw.
///
/// The caller passes the current time. An item is absent from its `expires_at` on, whether or not
/// the backend has removed it.
#[async_trait]
pub trait StateBackend: Send + Sync {
    /// Returns the item under `key`.
    ///
    /// # Errors
    /// [`StateError::Unavailable`], [`StateError::Refused`] or [`StateError::Corrupt`].
    async fn get(&self, key: &Key, now: Timestamp) -> Result<Option<StoredItem>, StateError>;

    /// Writes `item` if the version under `key` is `expected`; an absent or expired item has
    /// [`Version::ABSENT`].
    ///
    /// If a transport sends the same `item` again after a lost answer, the result is
    /// [`SaveResult::Written`] as long as the item is still stored.
    ///
    /// # Errors
    /// As [`get`](StateBackend::get), and [`StateError::TooLarge`]. After
    /// [`StateError::Unavailable`] the item may have been written.
    async fn put_if_version(
        &self,
        key: &Key,
        expected: Version,
        item: NewItem,
    ) -> Result<SaveResult, StateError>;

    /// Deletes the item under `key` if its version is `expected`. Writes a
    /// [tombstone](NewItem::tombstone), so that the version continues. Deleting an absent item is
    /// also a write.
    ///
    /// # Errors
    /// As [`put_if_version`](StateBackend::put_if_version).
    async fn delete_if_version(
        &self,
        key: &Key,
        expected: Version,
        now: Timestamp,
        write_id: WriteId,
    ) -> Result<SaveResult, StateError> {
        self.put_if_version(key, expected, NewItem::tombstone(now, write_id))
            .await
    }

    /// Lists the first `limit` items whose keys begin with `prefix` and come after `after`, in the
    /// order of their keys, without expired items.
    ///
    /// # Errors
    /// As [`get`](StateBackend::get).
    async fn list(
        &self,
        prefix: &KeyPrefix,
        after: Option<&Key>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<(Key, StoredItem)>, StateError>;
}
