//! A state backend of your own: a map, written to a JSON file after every change. The tests run the
//! contract of all backends on it.

use events::Timestamp;
use state::{Key, KeyPrefix, NewItem, SaveResult, StateBackend, StateError, StoredItem, Version};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub struct FileBackend {
    pub path: PathBuf,
    pub rows: Mutex<BTreeMap<Key, StoredItem>>,
}

impl FileBackend {
    fn rows(&self) -> MutexGuard<'_, BTreeMap<Key, StoredItem>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait::async_trait]
impl StateBackend for FileBackend {
    async fn get(&self, key: &Key, now: Timestamp) -> Result<Option<StoredItem>, StateError> {
        let row = self.rows().get(key).cloned();
        Ok(row.filter(|row| !state::is_expired(row, now)))
    }

    async fn put_if_version(
        &self,
        key: &Key,
        expected: Version,
        item: NewItem,
    ) -> Result<SaveResult, StateError> {
        item.check_size(key)?;
        let mut rows = self.rows();
        let version = match state::judge(rows.get(key), expected, &item) {
            Ok(version) => version,
            Err(saved) => return Ok(saved),
        };
        rows.insert(key.clone(), item.stored_as(version));
        let written = std::fs::write(&self.path, serde_json::json!(*rows).to_string());
        let unavailable = |reason| StateError::Unavailable { reason };
        written.map_err(|error| unavailable(error.to_string()))?;
        Ok(SaveResult::Written(version))
    }

    async fn list(
        &self,
        prefix: &KeyPrefix,
        after: Option<&Key>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<(Key, StoredItem)>, StateError> {
        let rows = self.rows().clone().into_iter();
        let rows = rows.filter(|(key, _)| prefix.has(key) && after.is_none_or(|it| key > it));
        let rows = rows.filter(|(_, row)| !state::is_expired(row, now));
        Ok(rows.take(limit).collect())
    }
}
