use crate::{Key, KeyPrefix, StateError};
use async_trait::async_trait;
use event::Timestamp;
use jiff::{RoundMode, TimestampRound, Unit};
use ports::Entropy;
use std::fmt;
use std::time::Duration;

/// The largest value, in bytes of JSON: DynamoDB's 400 KB for an item
/// ("Constraints in Amazon DynamoDB") less what the key and the bookkeeping
/// take. Every backend holds to it, so that what works on one machine works on
/// AWS.
pub const MAX_VALUE_BYTES: usize = 396 * 1024;

/// How long an item stays in the backend after it expired or was deleted, out
/// of every reader's sight, so that a write under its key goes on counting
/// where it stopped. Longer than any function lives (15 minutes on Lambda).
pub const RETENTION: Duration = Duration::from_secs(60 * 60);

/// How often the item under a key was written. It grows with every write; 0
/// means that there is no item.
///
/// An item that expired or was deleted goes on counting when it is written
/// again within [`RETENTION`], so a writer that saw version 3 of the old item
/// never takes version 3 of the new one for it. A writer that held on for
/// longer than that could: none lives that long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u64);

impl Version {
    /// There is no item, or it has expired.
    pub const ABSENT: Self = Self(0);

    /// The version as a backend keeps it.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The version as a number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The version after this one.
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

/// Names one save. A lost acknowledgement makes a transport send a write again
/// that was applied; the id in what is stored tells one's own write from a race
/// that was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteId(String);

impl WriteId {
    /// A new id: 128 random bits, written as 32 hexadecimal digits.
    pub fn draw(entropy: &dyn Entropy) -> Self {
        Self(entropy.nonce())
    }

    /// The id as a backend keeps it.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What became of a write that named the version that it saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a lost race must be decided again"]
pub enum Saved {
    /// It was written, and this is the item's version now.
    Written(Version),
    /// Someone else moved first; nothing was written.
    Stale,
}

/// An item as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// How often it was written.
    pub version: Version,
    /// JSON text.
    pub value: String,
    /// When it was written, to the millisecond.
    pub updated_at: Timestamp,
    /// From when on it is absent, to the millisecond; never, if `None`.
    pub expires_at: Option<Timestamp>,
    /// The save that wrote it.
    pub write_id: WriteId,
}

/// An item that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewItem {
    value: String,
    updated_at: Timestamp,
    expires_at: Option<Timestamp>,
    write_id: WriteId,
}

impl NewItem {
    /// `value` is JSON text, `now` the instant of the write. Times are kept to
    /// the millisecond; the expiry is rounded up, so that nothing expires early.
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

    /// What is written in a deleted item's place: nothing, already expired.
    pub fn tombstone(now: Timestamp, write_id: WriteId) -> Self {
        let now = in_millis(now, RoundMode::Floor);
        Self::new("null".to_owned(), now, Some(now), write_id)
    }

    /// JSON text.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// JSON text, taken out.
    pub fn into_value(self) -> String {
        self.value
    }

    /// The instant of the write, to the millisecond.
    pub fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    /// From when on the item is absent, to the millisecond.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// The save that this is.
    pub fn write_id(&self) -> &WriteId {
        &self.write_id
    }

    /// # Errors
    /// [`StateError::TooLarge`] when the value does not fit every backend.
    pub fn check_size(&self, key: &Key) -> Result<(), StateError> {
        if self.value.len() > MAX_VALUE_BYTES {
            return Err(StateError::TooLarge {
                key: key.clone(),
                size: self.value.len(),
            });
        }
        Ok(())
    }

    /// The item once it is stored as `version`.
    pub fn stored_as(self, version: Version) -> Stored {
        Stored {
            version,
            value: self.value,
            updated_at: self.updated_at,
            expires_at: self.expires_at,
            write_id: self.write_id,
        }
    }
}

fn in_millis(at: Timestamp, mode: RoundMode) -> Timestamp {
    // Only the very last milliseconds that can be written cannot be rounded up.
    at.round(TimestampRound::new().smallest(Unit::Millisecond).mode(mode))
        .unwrap_or(at)
}

/// Where state is kept: JSON text under a key, written only where the version
/// is the one that the writer saw.
///
/// The caller says what time it is. An item is absent from its `expires_at` on,
/// whether or not the backend has removed it already.
#[async_trait]
pub trait StateBackend: Send + Sync {
    /// The item under `key`.
    ///
    /// # Errors
    /// [`StateError::Unavailable`], [`StateError::Refused`] or
    /// [`StateError::Corrupt`].
    async fn get(&self, key: &Key, now: Timestamp) -> Result<Option<Stored>, StateError>;

    /// Writes `item` if the version under `key` is `expected`; an absent or
    /// expired item has [`Version::ABSENT`].
    ///
    /// The same `item` put again, as a transport does that lost the answer, is
    /// [`Saved::Written`] as long as it is what is stored.
    ///
    /// # Errors
    /// As [`get`](StateBackend::get), and [`StateError::TooLarge`]. After
    /// [`StateError::Unavailable`] the item may have been written.
    async fn put_if_version(
        &self,
        key: &Key,
        expected: Version,
        item: NewItem,
    ) -> Result<Saved, StateError>;

    /// Deletes the item under `key` if its version is `expected`, by writing a
    /// [tombstone](NewItem::tombstone): the version goes on counting. Deleting
    /// what is absent is a write like any other.
    ///
    /// # Errors
    /// As [`put_if_version`](StateBackend::put_if_version).
    async fn delete_if_version(
        &self,
        key: &Key,
        expected: Version,
        now: Timestamp,
        write_id: WriteId,
    ) -> Result<Saved, StateError> {
        self.put_if_version(key, expected, NewItem::tombstone(now, write_id))
            .await
    }

    /// The first `limit` items whose keys begin with `prefix` and come after
    /// `after`, in the order of their keys. Expired ones are left out.
    ///
    /// # Errors
    /// As [`get`](StateBackend::get).
    async fn list(
        &self,
        prefix: &KeyPrefix,
        after: Option<&Key>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<(Key, Stored)>, StateError>;
}
