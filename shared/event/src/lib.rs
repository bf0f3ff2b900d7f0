//! The words that everything else is made of: the [`Event`] (a CloudEvents 1.0
//! JSON object), its [`Topic`], the [`TopicPattern`] that hears it, and ids
//! that are derived, so that a repeat says the same thing under the same id.

mod envelope;
mod failure;
mod id;
mod outcome;
mod say;
mod topic;

pub use envelope::{Event, EventBridgeEvent, MalformedEvent};
pub use failure::Failure;
pub use id::{CorrelationId, EventId, InvalidId};
pub use jiff::Timestamp;
pub use outcome::Outcome;
pub use say::{Message, Say};
pub use topic::{InvalidTopic, InvalidTopicPattern, Topic, TopicPattern};
