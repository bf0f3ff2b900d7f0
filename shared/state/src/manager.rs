use crate::record::remember;
use crate::{
    AppliedEvent, Decision, Key, KeyPrefix, Memory, NewItem, Record, SaveResult, StateBackend,
    StateError, Turn, Version, WriteId,
};
use events::{Clock, Entropy, Event, SystemClock, SystemEntropy, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Maximum number of attempts. Each lost race is a write of another writer, so that one of n
/// writers loses at most n - 1 times: enough for about a hundred concurrent writers.
const MAX_TRIES: u32 = 128;
const FIRST_BACK_OFF: Duration = Duration::from_millis(4);
const LONGEST_BACK_OFF: Duration = Duration::from_millis(250);

/// Typed state on any backend. Handlers use it for their [turns](StateManager::turn). A clone
/// shares the backend.
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

/// Value with the version to name when it is saved.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionedValue<T> {
    /// Value; `None` if it is absent or expired.
    pub value: Option<T>,
    /// Version; [`Version::ABSENT`] if there is no value.
    pub version: Version,
}

/// One entry of a list of values.
#[derive(Debug, Clone, PartialEq)]
pub struct ListEntry<T> {
    pub key: Key,
    pub value: T,
    pub version: Version,
    /// Time of the write, to the millisecond.
    pub updated_at: Timestamp,
}

impl StateManager {
    /// Creates a manager of the state in `backend`.
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

    /// Returns a manager of the same state through the backend that `wrap` returns.
    #[must_use]
    pub fn with_backend(
        &self,
        wrap: impl FnOnce(Arc<dyn StateBackend>) -> Arc<dyn StateBackend>,
    ) -> Self {
        Self {
            backend: wrap(self.backend.clone()),
            ..self.clone()
        }
    }

    /// Creates a manager of state in the memory of this process, with the system's clock.
    pub fn in_memory() -> Self {
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        Self::new(Arc::new(Memory::default()), clock, entropy)
    }

    /// Loads the value under `key` with its version.
    ///
    /// # Errors
    /// [`StateError::Corrupt`] if the stored value is not a `T`, else as [`StateBackend::get`].
    pub async fn get<T: DeserializeOwned>(
        &self,
        key: &Key,
    ) -> Result<VersionedValue<T>, StateError> {
        match self.backend.get(key, self.now()).await? {
            Some(stored) => Ok(VersionedValue {
                value: Some(read(key, &stored.value)?),
                version: stored.version,
            }),
            None => Ok(VersionedValue {
                value: None,
                version: Version::ABSENT,
            }),
        }
    }

    /// Returns the value of the [`Record`] under `key`. It is for reading the state of another
    /// handler, not for deciding a write.
    ///
    /// # Errors
    /// As [`get`](StateManager::get).
    pub async fn peek<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, StateError> {
        let seen = self.get::<Record<T>>(key).await?;
        Ok(seen.value.map(|record| record.value))
    }

    /// Writes `value` if the version under `key` is still `seen`.
    ///
    /// [`SaveResult::Stale`] means that the stored item is not this write. After a lost acknowledgement
    /// the write may have been applied and then replaced. A writer that must know whether its write
    /// was applied has to store that in the value, as [`Record`] does.
    ///
    /// # Errors
    /// [`StateError::Corrupt`] if `value` cannot be written as JSON, else as
    /// [`StateBackend::put_if_version`].
    pub async fn set<T: Serialize>(
        &self,
        key: &Key,
        seen: Version,
        value: &T,
        expires_at: Option<Timestamp>,
    ) -> Result<SaveResult, StateError> {
        let value = serde_json::to_string(value).map_err(|error| StateError::Corrupt {
            key: key.clone(),
            reason: format!("it cannot be written as JSON: {error}"),
        })?;
        let item = NewItem::new(value, self.now(), expires_at, self.write_id());
        self.backend.put_if_version(key, seen, item).await
    }

    /// Replaces the value under `key` by the result of `change`. `change` gets the value and the
    /// time, and returns the next value with its expiry and a result for the caller; without a next
    /// value the state is not written. `change` is called again after each lost race, and also if
    /// its own write was applied and then replaced: the stored value must make it idempotent.
    ///
    /// # Errors
    /// [`StateError::Contended`] if all attempts lost their race, else as
    /// [`get`](StateManager::get) and [`set`](StateManager::set).
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
            let seen = self.get::<T>(key).await?;
            let (next, emitted) = change(seen.value, self.now());
            let Some((next, expires_at)) = next else {
                return Ok(emitted);
            };
            match self.set(key, seen.version, &next, Some(expires_at)).await? {
                SaveResult::Written(_) => return Ok(emitted),
                SaveResult::Stale => {}
            }
        }
        Err(StateError::Contended {
            key: key.clone(),
            tries: MAX_TRIES,
        })
    }

    /// Handles an event: loads the record under `key`, decides, and saves; repeats all of it after
    /// a lost race. `decide` must be pure; it gets the state (`None` if there is none yet) and the
    /// time.
    ///
    /// The caller emits the events of the turn. If it crashes before that, the event is delivered
    /// again and the turn is [`Turn::Repeated`] with the same events.
    ///
    /// The record remembers the newest 64 events. A repeat after that is decided as if it were new,
    /// and so is a repeat of an ignored event. Decisions should therefore add to sets rather than
    /// count.
    ///
    /// ```
    /// # use events::{Event, NewEvent};
    /// # use events::{SystemClock, SystemEntropy};
    /// # use state::{Decision, Memory, StateManager, Turn};
    /// # use std::sync::Arc;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let clock = Arc::new(SystemClock);
    /// # let say = |topic: &str| NewEvent {
    /// #     topic: topic.parse().unwrap(),
    /// #     subject: "octo/widgets#7".to_owned(),
    /// #     data: serde_json::json!({}),
    /// # };
    /// # let now = events::Clock::now(&*clock);
    /// # let opened = Event::first("1".parse()?, "github-bot.webhook", say("github.pr.opened"), now);
    /// let state = StateManager::new(Arc::new(Memory::default()), clock, Arc::new(SystemEntropy));
    /// let key = "pr:octo/widgets#7".parse()?;
    /// let decide = |seen: Option<&u32>, _now| match seen {
    ///     Some(_) => Decision::Ignore("known already"),
    ///     None => Decision::Write {
    ///         next: 1,
    ///         emits: vec![say("agent.pr.review_requested")],
    ///         expires_at: None,
    ///     },
    /// };
    /// let first = state.turn(&key, "pull-request", &opened, decide).await?;
    /// let again = state.turn(&key, "pull-request", &opened, decide).await?;
    /// assert!(matches!(again, Turn::Repeated { .. }));
    /// assert_eq!(first.into_parts().1, again.into_parts().1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StateError::Contended`] after 128 lost races in a row, else as
    /// [`set`](StateManager::set).
    pub async fn turn<T, R>(
        &self,
        key: &Key,
        handler: &'static str,
        heard: &Event,
        decide: impl Fn(Option<&T>, Timestamp) -> Decision<T, R>,
    ) -> Result<Turn<T, R>, StateError>
    where
        T: Serialize + DeserializeOwned,
    {
        for lost in 0..MAX_TRIES {
            if lost > 0 {
                tracing::debug!(%key, handler, event = %heard.id, lost, "another writer was faster: deciding again");
                self.pause(back_off(lost)).await;
            }
            let seen = self.get::<Record<T>>(key).await?;
            let (before, journal) = match seen.value {
                Some(record) => match record.repeat(handler, heard) {
                    Ok(repeated) => return Ok(repeated),
                    Err(record) => (Some(record.value), record.applied),
                },
                None => (None, Vec::new()),
            };
            let now = self.now();
            let (next, emits, expires_at) = match decide(before.as_ref(), now) {
                Decision::Ignore(reason) => return Ok(Turn::Ignored(reason)),
                Decision::Write {
                    next,
                    emits,
                    expires_at,
                } => (next, emits, expires_at),
            };
            let applied = AppliedEvent {
                event: heard.id.clone(),
                handler: handler.to_owned(),
                at: now,
                emitted: emits,
            };
            let events = applied.events(heard);
            let record = Record {
                value: next,
                applied: remember(journal, applied),
            };
            match self.set(key, seen.version, &record, expires_at).await? {
                SaveResult::Written(_) => {
                    return Ok(Turn::Applied {
                        value: record.value,
                        events,
                    });
                }
                SaveResult::Stale => {}
            }
        }
        Err(StateError::Contended {
            key: key.clone(),
            tries: MAX_TRIES,
        })
    }

    /// Deletes the item under `key` if its version is still `seen`.
    ///
    /// # Errors
    /// As [`StateBackend::delete_if_version`].
    pub async fn delete(&self, key: &Key, seen: Version) -> Result<SaveResult, StateError> {
        self.backend
            .delete_if_version(key, seen, self.now(), self.write_id())
            .await
    }

    /// Lists the first `limit` values whose keys begin with `prefix` and come after `after`, in the
    /// order of their keys. Records are listed as `Record<T>`.
    ///
    /// # Errors
    /// As [`get`](StateManager::get).
    pub async fn list<T: DeserializeOwned>(
        &self,
        prefix: &KeyPrefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<ListEntry<T>>, StateError> {
        let items = self.backend.list(prefix, after, limit, self.now()).await?;
        items
            .into_iter()
            .map(|(key, stored)| {
                Ok(ListEntry {
                    value: read(&key, &stored.value)?,
                    version: stored.version,
                    updated_at: stored.updated_at,
                    key,
                })
            })
            .collect()
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn write_id(&self) -> WriteId {
        WriteId::draw(&*self.entropy)
    }

    /// Waits for a random time between zero and `longest`.
    async fn pause(&self, longest: Duration) {
        let drawn = self.entropy.between(Duration::ZERO, longest);
        self.clock.sleep(drawn).await;
    }
}

fn read<T: DeserializeOwned>(key: &Key, json: &str) -> Result<T, StateError> {
    serde_json::from_str(json).map_err(|error| StateError::Corrupt {
        key: key.clone(),
        reason: error.to_string(),
    })
}

/// Returns the maximum pause after `lost` lost races.
fn back_off(lost: u32) -> Duration {
    FIRST_BACK_OFF
        .saturating_mul(1 << lost.min(16))
        .min(LONGEST_BACK_OFF)
}

#[cfg(test)]
mod tests;
