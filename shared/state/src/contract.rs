//! Contract of every [`StateBackend`], as functions for a backend's tests;
//! [`state_contract!`](crate::state_contract) makes a test of each.
//!
//! Every function uses keys of its own kind, so that all of them can share one backend. Times are
//! near the present, so that a backend that removes long expired items does not remove the items of
//! a test.

mod item;
mod list;
mod race;

pub use item::{
    deleted_item_is_absent_and_keeps_version, enforces_size_limit,
    expired_item_is_absent_and_keeps_version, expiry_is_never_early, reads_written_item,
    repeated_write_is_applied_once, write_needs_the_current_version,
};
pub use list::{lists_in_order_by_pages, lists_megabytes_completely};
pub use race::{fifty_tasks_apply_one_event_once, fifty_tasks_lose_no_update};

use crate::{Key, NewItem, SaveResult, StateBackend, Version, WriteId};
use events::{Clock, SystemClock, SystemEntropy, Timestamp};
use std::time::Duration;

/// Defines a module of tests named `$backend` with one test for each function of the contract.
/// `$make` is an expression for a future that returns an `Arc<dyn StateBackend>`.
///
/// ```
/// # use std::sync::Arc;
/// # use state::{Memory, StateBackend};
/// async fn in_memory() -> Arc<dyn StateBackend> {
///     Arc::new(Memory::default())
/// }
/// state::state_contract!(memory, super::in_memory());
/// ```
#[macro_export]
macro_rules! state_contract {
    ($backend:ident, $make:expr) => {
        $crate::state_contract!(
            $backend, $make;
            reads_written_item,
            write_needs_the_current_version,
            repeated_write_is_applied_once,
            expired_item_is_absent_and_keeps_version,
            expiry_is_never_early,
            deleted_item_is_absent_and_keeps_version,
            enforces_size_limit,
            lists_in_order_by_pages,
            lists_megabytes_completely,
            fifty_tasks_lose_no_update,
            fifty_tasks_apply_one_event_once,
        );
    };
    ($backend:ident, $make:expr; $($contract:ident),* $(,)?) => {
        mod $backend {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $contract() {
                    $crate::contract::$contract($make.await).await;
                }
            )*
        }
    };
}

/// Returns the current time in whole milliseconds.
fn present() -> Timestamp {
    Timestamp::from_millisecond(SystemClock.now().as_millisecond()).expect("the present is a time")
}

fn key(text: &str) -> Key {
    text.parse().expect("a key of the contract is a key")
}

fn item(value: &str, now: Timestamp, expires_at: Option<Timestamp>) -> NewItem {
    NewItem::new(
        value.to_owned(),
        now,
        expires_at,
        WriteId::draw(&SystemEntropy),
    )
}

fn written(version: u64) -> SaveResult {
    SaveResult::Written(Version::new(version))
}

/// Puts `item`; panics on failure.
async fn put(backend: &dyn StateBackend, key: &Key, expected: u64, item: NewItem) -> SaveResult {
    backend
        .put_if_version(key, Version::new(expected), item)
        .await
        .unwrap_or_else(|error| panic!("putting {key} at version {expected}: {error}"))
}

/// Returns the version and the value under `key`.
async fn get(backend: &dyn StateBackend, key: &Key, now: Timestamp) -> Option<(u64, String)> {
    backend
        .get(key, now)
        .await
        .unwrap_or_else(|error| panic!("getting {key}: {error}"))
        .map(|stored| (stored.version.get(), stored.value))
}

const SECOND: Duration = Duration::from_secs(1);
