//! Bus of one process: applies the rules of `infra/template.yaml`, keeps deliveries in a queue, and
//! calls functions as AWS does.

mod bus;
pub mod call;
pub mod queue;
pub mod rules;
pub mod runner;
pub mod schedule;
pub mod server;
mod store;
pub mod template;

pub use bus::{Handlers, LocalBus};
pub use store::{DEFAULT_STATE, Store};
