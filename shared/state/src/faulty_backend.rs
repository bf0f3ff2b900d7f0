use crate::{
    Key, KeyPrefix, Memory, NewItem, SaveResult, StateBackend, StateError, StoredItem, Version,
};
use async_trait::async_trait;
use events::Timestamp;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Barrier;

/// Backend of tests: its writers lose races, or its writes fail.
pub struct FaultyBackend {
    backend: Arc<dyn StateBackend>,
    readers: u64,
    reads: AtomicU64,
    all_have_read: Barrier,
    lost_races: AtomicU64,
    fault: Mutex<Option<Fault>>,
}

/// Fault of the writes of a [`FaultyBackend`] backend.
#[derive(Debug, Clone)]
pub enum Fault {
    /// The next write is applied, and its answer is lost.
    AnswerLost,
    /// The next write is applied and its answer is lost; the transport sends it again.
    SentAgain,
    /// Every write loses its race.
    AlwaysStale,
    /// Every write under this key fails.
    Unavailable(Key),
}

impl FaultyBackend {
    /// Wraps `backend` and answers the first read of all `readers` together: they see the same
    /// version, and all but one of them lose a race.
    pub fn raced(backend: Arc<dyn StateBackend>, readers: u32) -> Self {
        Self {
            backend,
            readers: readers.into(),
            reads: AtomicU64::new(0),
            all_have_read: Barrier::new(usize::try_from(readers).unwrap_or(usize::MAX)),
            lost_races: AtomicU64::new(0),
            fault: Mutex::new(None),
        }
    }

    /// Creates a memory backend with `fault`.
    pub fn with(fault: Fault) -> Self {
        let faulty = Self::raced(Arc::new(Memory::default()), 0);
        faulty.set_fault(Some(fault));
        faulty
    }

    /// Sets the fault of later writes.
    pub fn set_fault(&self, fault: Option<Fault>) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// Returns the number of writes that the wrapped backend refused as stale.
    pub fn lost_races(&self) -> u64 {
        self.lost_races.load(Ordering::SeqCst)
    }

    /// Returns the fault of this write.
    fn fault(&self) -> Option<Fault> {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault
            .take_if(|fault| matches!(fault, Fault::AnswerLost | Fault::SentAgain))
            .or_else(|| fault.clone())
    }
}

#[async_trait]
impl StateBackend for FaultyBackend {
    async fn get(&self, key: &Key, now: Timestamp) -> Result<Option<StoredItem>, StateError> {
        let stored = self.backend.get(key, now).await;
        if self.reads.fetch_add(1, Ordering::SeqCst) < self.readers {
            self.all_have_read.wait().await;
        }
        stored
    }

    async fn put_if_version(
        &self,
        key: &Key,
        expected: Version,
        item: NewItem,
    ) -> Result<SaveResult, StateError> {
        let unavailable = || StateError::Unavailable {
            reason: "the connection was reset".to_owned(),
        };
        let put = |item| self.backend.put_if_version(key, expected, item);
        match self.fault() {
            Some(Fault::AnswerLost) => {
                let _lost = put(item).await?;
                return Err(unavailable());
            }
            Some(Fault::SentAgain) => {
                let _lost = put(item.clone()).await?;
            }
            Some(Fault::AlwaysStale) => return Ok(SaveResult::Stale),
            Some(Fault::Unavailable(refused)) if refused == *key => return Err(unavailable()),
            Some(Fault::Unavailable(_)) | None => {}
        }
        let saved = put(item).await;
        if matches!(saved, Ok(SaveResult::Stale)) {
            self.lost_races.fetch_add(1, Ordering::SeqCst);
        }
        saved
    }

    async fn list(
        &self,
        prefix: &KeyPrefix,
        after: Option<&Key>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<(Key, StoredItem)>, StateError> {
        self.backend.list(prefix, after, limit, now).await
    }
}
