use crate::row::{is_expired, judge, removable_before};
use crate::{
    Key, KeyPrefix, NewItem, Resume, SaveResult, StateBackend, StateError, StoredItem, Version,
};
use async_trait::async_trait;
use events::Timestamp;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// State in the memory of this process, for simulations and tests.
#[derive(Debug, Default)]
pub struct Memory(Mutex<Items>);

#[derive(Debug, Default)]
struct Items {
    rows: BTreeMap<Key, StoredItem>,
    swept_at: Timestamp,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Items> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Items {
    /// Removes items past their retention, at most once in a retention.
    fn sweep(&mut self, now: Timestamp) {
        let removable = removable_before(now);
        if self.swept_at <= removable {
            self.rows.retain(|_, row| !is_expired(row, removable));
            self.swept_at = now;
        }
    }
}

#[async_trait]
impl StateBackend for Memory {
    async fn get(&self, key: &Key, now: Timestamp) -> Result<Option<StoredItem>, StateError> {
        let items = self.lock();
        Ok(items
            .rows
            .get(key)
            .filter(|row| !is_expired(row, now))
            .cloned())
    }

    async fn put_if_version(
        &self,
        key: &Key,
        expected: Version,
        item: NewItem,
    ) -> Result<SaveResult, StateError> {
        item.check_size(key)?;
        let mut items = self.lock();
        items.sweep(item.updated_at());
        match judge(items.rows.get(key), expected, &item) {
            Ok(version) => {
                items.rows.insert(key.clone(), item.stored_as(version));
                Ok(SaveResult::Written(version))
            }
            Err(answer) => Ok(answer),
        }
    }

    async fn list(
        &self,
        prefix: &KeyPrefix,
        after: Option<&Key>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<(Key, StoredItem)>, StateError> {
        let start = match prefix.resume(after) {
            Resume::Beginning => Bound::Included(prefix.as_str()),
            Resume::After(key) => Bound::Excluded(key.as_str()),
            Resume::End => return Ok(Vec::new()),
        };
        let items = self.lock();
        Ok(items
            .rows
            .range::<str, _>((start, Bound::Unbounded))
            .take_while(|(key, _)| prefix.has(key))
            .filter(|(_, row)| !is_expired(row, now))
            .take(limit)
            .map(|(key, row)| (key.clone(), row.clone()))
            .collect())
    }
}
