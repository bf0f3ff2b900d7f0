use crate::record::{MAX_TRIES, back_off};
use crate::{Key, KeyPrefix, NewItem, Record, Saved, StateBackend, StateError, Version, WriteId};
use event::Timestamp;
use ports::{Clock, Entropy};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Typed state on any backend. Handlers take their [turns](StateManager::turn)
/// on it; a clone shares the backend.
#[derive(Clone)]
pub struct StateManager {
    backend: Arc<dyn StateBackend>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl fmt::Debug for StateManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateManager").finish_non_exhaustive()
    }
}

/// A value as it was seen, and the version to name when it is saved.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded<T> {
    /// The value; `None` if there is none, or it has expired.
    pub value: Option<T>,
    /// Its version; [`Version::ABSENT`] if there is no value.
    pub version: Version,
}

/// One of a list of values.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed<T> {
    /// Its key.
    pub key: Key,
    /// The value.
    pub value: T,
    /// Its version.
    pub version: Version,
    /// When it was written, to the millisecond.
    pub updated_at: Timestamp,
}

impl StateManager {
    /// State kept in `backend`.
    pub fn new(
        backend: Arc<dyn StateBackend>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            backend,
            clock,
            entropy,
        }
    }

    /// The value under `key`, and its version.
    ///
    /// # Errors
    /// [`StateError::Corrupt`] when what is stored is no `T`, else as
    /// [`StateBackend::get`].
    pub async fn load<T: DeserializeOwned>(&self, key: &Key) -> Result<Loaded<T>, StateError> {
        match self.backend.get(key, self.now()).await? {
            Some(stored) => Ok(Loaded {
                value: Some(read(key, &stored.value)?),
                version: stored.version,
            }),
            None => Ok(Loaded {
                value: None,
                version: Version::ABSENT,
            }),
        }
    }

    /// The value of the [`Record`] under `key`: to look at what another handler
    /// knows, not to decide a write on.
    ///
    /// # Errors
    /// As [`load`](StateManager::load).
    pub async fn peek<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, StateError> {
        let seen = self.load::<Record<T>>(key).await?;
        Ok(seen.value.map(|record| record.value))
    }

    /// Writes `value` if the version under `key` is still the one that was
    /// `seen`.
    ///
    /// [`Saved::Stale`] means that what is stored is not this write. After a
    /// lost acknowledgement the write may have been applied and then replaced:
    /// what must be known to have happened belongs into the value, as a
    /// [`Record`] has it.
    ///
    /// # Errors
    /// [`StateError::Corrupt`] when `value` cannot be written as JSON, else as
    /// [`StateBackend::put_if_version`].
    pub async fn save<T: Serialize>(
        &self,
        key: &Key,
        seen: Version,
        value: &T,
        expires_at: Option<Timestamp>,
    ) -> Result<Saved, StateError> {
        let value = serde_json::to_string(value).map_err(|error| StateError::Corrupt {
            key: key.clone(),
            reason: format!("it cannot be written as JSON: {error}"),
        })?;
        let item = NewItem::new(value, self.now(), expires_at, self.write_id());
        self.backend.put_if_version(key, seen, item).await
    }

    /// Writes what `change` makes of the value under `key` at this time, with its expiry,
    /// and gives the rest of what it says; without a value nothing is written. It is asked
    /// again whenever someone else was quicker, and once more if its own write was applied
    /// and then replaced: what must not be done twice it finds in the value.
    ///
    /// # Errors
    /// [`StateError::Contended`] when others were always quicker, else as
    /// [`load`](StateManager::load) and [`save`](StateManager::save).
    pub async fn update<T, R>(
        &self,
        key: &Key,
        change: impl Fn(Option<T>, Timestamp) -> (Option<(T, Timestamp)>, R) + Send,
    ) -> Result<R, StateError>
    where
        T: Serialize + DeserializeOwned + Send + Sync,
        R: Send,
    {
        for lost in 0..MAX_TRIES {
            if lost > 0 {
                self.pause(back_off(lost)).await;
            }
            let seen = self.load::<T>(key).await?;
            let (next, said) = change(seen.value, self.now());
            let Some((next, expires_at)) = next else {
                return Ok(said);
            };
            match self
                .save(key, seen.version, &next, Some(expires_at))
                .await?
            {
                Saved::Written(_) => return Ok(said),
                Saved::Stale => {}
            }
        }
        Err(StateError::Contended {
            key: key.clone(),
            tries: MAX_TRIES,
        })
    }

    /// Deletes what is under `key` if its version is still the one that was
    /// `seen`.
    ///
    /// # Errors
    /// As [`StateBackend::delete_if_version`].
    pub async fn delete(&self, key: &Key, seen: Version) -> Result<Saved, StateError> {
        self.backend
            .delete_if_version(key, seen, self.now(), self.write_id())
            .await
    }

    /// The first `limit` values whose keys begin with `prefix` and come after
    /// `after`, in the order of their keys. Records are listed as
    /// `Record<T>`.
    ///
    /// # Errors
    /// As [`load`](StateManager::load).
    pub async fn list<T: DeserializeOwned>(
        &self,
        prefix: &KeyPrefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Listed<T>>, StateError> {
        let items = self.backend.list(prefix, after, limit, self.now()).await?;
        items
            .into_iter()
            .map(|(key, stored)| {
                Ok(Listed {
                    value: read(&key, &stored.value)?,
                    version: stored.version,
                    updated_at: stored.updated_at,
                    key,
                })
            })
            .collect()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn write_id(&self) -> WriteId {
        WriteId::draw(&*self.entropy)
    }

    /// Waits for a time drawn from zero to `longest`.
    pub(crate) async fn pause(&self, longest: Duration) {
        let micros = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
        let drawn = self.entropy.next_u64() % micros.saturating_add(1).max(1);
        self.clock.sleep(Duration::from_micros(drawn)).await;
    }
}

fn read<T: DeserializeOwned>(key: &Key, json: &str) -> Result<T, StateError> {
    serde_json::from_str(json).map_err(|error| StateError::Corrupt {
        key: key.clone(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests;
