//! Saying events ([`Emit`]) and hearing them ([`Handler`]).
//!
//! Two ways out: [`PutEvents`] in batches as EventBridge takes them
//! ([`Batches`]), and an [`InProcess`] bus on which handlers are put with
//! `bus.on("github.pr.*", handler)`.

mod batch;
mod emit;
mod handler;
mod in_process;

pub use batch::{Batches, Entry, EntryResult, MAX_ENTRIES, MAX_SIZE, PutEvents, PutEventsError};
pub use emit::{Emit, EmitError};
pub use handler::{Handler, HandlerError};
pub use in_process::{InProcess, OnError, Settled};
