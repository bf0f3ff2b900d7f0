//! Versioned state. Every write names the version that the writer saw, so that a writer notices a
//! lost race.
//!
//! Three layers, from top to bottom:
//! - [`StateManager::turn`]: load → decide → save, the cycle of every handler. The events of a
//!   decision are stored with the state that it wrote ([`Record`]), so that a repeat emits them
//!   again and changes nothing.
//! - [`StateManager::get`], [`StateManager::set`] and both in one, [`StateManager::update`]:
//!   typed values.
//! - [`StateBackend`]: JSON text under a key. This crate holds [`Memory`] and, with the feature
//!   `sqlite`, [`Sqlite`]. DynamoDB has a crate of its own, so that the handlers' libraries do not
//!   depend on an AWS SDK.
//!
//! All backends satisfy the same contract. With the feature `testing`, the module `contract` holds
//! it as functions for a backend's tests.

mod backend;
#[cfg(feature = "testing")]
pub mod contract;
mod error;
#[cfg(any(test, feature = "testing"))]
mod faulty_backend;
mod key;
mod manager;
mod memory;
mod record;
mod row;
#[cfg(feature = "sqlite")]
mod sqlite;
mod url;

pub use backend::{
    MAX_VALUE_BYTES, NewItem, RETENTION, SaveResult, StateBackend, StoredItem, Version, WriteId,
};
pub use error::StateError;
#[cfg(any(test, feature = "testing"))]
pub use faulty_backend::{Fault, FaultyBackend};
pub use key::{InvalidKey, Key, KeyPrefix, Resume};
pub use manager::{ListEntry, StateManager, VersionedValue};
pub use memory::Memory;
pub use record::{AppliedEvent, Decision, Record, Turn};
pub use row::{is_expired, judge};
#[cfg(feature = "sqlite")]
pub use sqlite::Sqlite;
pub use url::{InvalidStateUrl, StateUrl};
