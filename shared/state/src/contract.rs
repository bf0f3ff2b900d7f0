//! The contract of every [`StateBackend`], as functions for a backend's tests
//! to call; [`state_contract!`](crate::state_contract) makes a test of each.
//!
//! Every function keeps to keys of a kind of its own, so all of them may share
//! one empty backend. Times are near the present, so that a backend that removes
//! what is long expired leaves alone what a test is about.

mod item;
mod list;
mod race;

pub use item::{
    a_deleted_item_is_absent_and_goes_on_counting, a_value_may_be_so_large_and_no_larger,
    a_write_names_the_version_that_it_saw, a_write_that_is_sent_again_is_written_once,
    an_expired_item_is_absent_and_goes_on_counting, nothing_expires_early, what_is_put_is_read,
};
pub use list::{a_list_goes_through_megabytes, a_list_is_in_order_page_by_page};
pub use race::{fifty_tasks_hear_one_event_once, fifty_tasks_lose_no_update};

use crate::{Key, NewItem, Saved, StateBackend, Version, WriteId};
use event::Timestamp;
use ports::{Clock, SystemClock, SystemEntropy};
use std::time::Duration;

/// A module of tests named `$backend`, one for each function of the contract.
/// `$make` is an expression for a future that gives an
/// `Arc<dyn StateBackend>`.
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
            what_is_put_is_read,
            a_write_names_the_version_that_it_saw,
            a_write_that_is_sent_again_is_written_once,
            an_expired_item_is_absent_and_goes_on_counting,
            nothing_expires_early,
            a_deleted_item_is_absent_and_goes_on_counting,
            a_value_may_be_so_large_and_no_larger,
            a_list_is_in_order_page_by_page,
            a_list_goes_through_megabytes,
            fifty_tasks_lose_no_update,
            fifty_tasks_hear_one_event_once,
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

/// The present, in whole milliseconds.
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

fn written(version: u64) -> Saved {
    Saved::Written(Version::new(version))
}

/// Puts `item`, which must not fail.
async fn put(backend: &dyn StateBackend, key: &Key, expected: u64, item: NewItem) -> Saved {
    backend
        .put_if_version(key, Version::new(expected), item)
        .await
        .unwrap_or_else(|error| panic!("putting {key} at version {expected}: {error}"))
}

/// The version and the value under `key`.
async fn get(backend: &dyn StateBackend, key: &Key, now: Timestamp) -> Option<(u64, String)> {
    backend
        .get(key, now)
        .await
        .unwrap_or_else(|error| panic!("getting {key}: {error}"))
        .map(|stored| (stored.version.get(), stored.value))
}

const SECOND: Duration = Duration::from_secs(1);
