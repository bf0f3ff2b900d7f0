//! Shared terms of all crates: the [`Event`] (a CloudEvents 1.0 JSON object), its [`Topic`], the
//! [`TopicPattern`] of a subscription, and ids that are derived, so that a repeat emits the same
//! events under the same ids.

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
