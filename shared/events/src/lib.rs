//! Terms of all crates: events, the bus, and the ports of time and randomness.
//!
//! - [`Event`], a CloudEvents 1.0 JSON object, its [`Topic`], and the [`TopicPattern`] of a
//!   subscription. Ids derive from their cause, so that a repeat emits the same events under the
//!   same ids.
//! - [`Emit`], [`Handler`] and [`Subscribe`]. [`Batches`] emits as EventBridge's PutEvents accepts
//!   events; [`InProcess`] delivers to handlers that are registered with
//!   `bus.on("github.pr.*", handler)`.
//! - [`Clock`] and [`Entropy`]. All other code takes time and randomness from these ports, so that
//!   a seeded simulation runs the same code as AWS.

mod batch;
mod clock;
mod emit;
mod entropy;
mod envelope;
mod failure;
mod function;
mod handler;
mod id;
mod in_process;
mod new_event;
mod outcome;
mod schedule;
mod subscribe;
mod topic;

pub use batch::{Batches, Entry, EntryResult, MAX_ENTRIES, MAX_SIZE, PutEvents, PutEventsError};
pub use clock::{Clock, ManualClock, SystemClock};
pub use emit::{Emit, EmitError};
pub use entropy::{Entropy, SeededEntropy, SystemEntropy};
pub use envelope::{Event, EventBridgeEvent, MalformedEvent};
pub use failure::{Failure, WaitCause};
pub use function::handler;
pub use handler::{Handler, HandlerError};
pub use id::{CorrelationId, EventId, InvalidId};
pub use in_process::{DeliveryResult, InProcess};
pub use jiff::Timestamp;
pub use new_event::{Message, NewEvent};
pub use outcome::Outcome;
pub use schedule::{InvalidRate, Rate};
pub use subscribe::{OnError, Subscribe, compile};
pub use topic::{InvalidTopic, InvalidTopicPattern, Topic, TopicPattern};
