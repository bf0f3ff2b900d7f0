//! Emitting events ([`Emit`]), handling them ([`Handler`]) and subscribing to them
//! ([`Subscribe`]).
//!
//! Two implementations of [`Emit`]: [`Batches`] sends batches as EventBridge's PutEvents takes
//! them; [`InProcess`] delivers to handlers that are registered with
//! `bus.on("github.pr.*", handler)`.

mod batch;
mod emit;
mod handler;
mod in_process;
mod subscribe;

pub use batch::{Batches, Entry, EntryResult, MAX_ENTRIES, MAX_SIZE, PutEvents, PutEventsError};
pub use emit::{Emit, EmitError};
pub use handler::{Handler, HandlerError};
pub use in_process::{InProcess, Settled};
pub use subscribe::{OnError, Subscribe, compile};
