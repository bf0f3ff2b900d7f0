//! Versioned state. A write names the version that it saw, so a race is lost
//! and seen, never lost unseen.
//!
//! Three floors, each on the one below:
//! - [`StateManager::turn`]: load → decide → save, what every handler does. The
//!   events that a decision says are kept with the state that it wrote
//!   ([`Record`]), so that a repeat says them again and changes nothing.
//! - [`StateManager::load`], [`StateManager::save`] and both in one,
//!   [`StateManager::update`]: typed values.
//! - [`StateBackend`]: JSON text under a key. [`Memory`] and, with the feature
//!   `sqlite`, [`Sqlite`] are here; DynamoDB has a crate of its own, so that no
//!   handler's library pulls in an AWS SDK.
//!
//! Every backend keeps the same contract; with the feature `contract` it is
//! `contract`, a module of functions for a backend's tests to call.

mod backend;
#[cfg(feature = "contract")]
pub mod contract;
mod error;
mod key;
mod manager;
mod memory;
mod record;
mod row;
#[cfg(feature = "sqlite")]
mod sqlite;
mod url;

pub use backend::{
    MAX_VALUE_BYTES, NewItem, RETENTION, Saved, StateBackend, Stored, Version, WriteId,
};
pub use error::StateError;
pub use key::{InvalidKey, Key, KeyPrefix, Resume};
pub use manager::{Listed, Loaded, StateManager};
pub use memory::Memory;
pub use record::{Applied, Decision, Record, Turn};
#[cfg(feature = "sqlite")]
pub use sqlite::Sqlite;
pub use url::{InvalidStateUrl, StateUrl};
