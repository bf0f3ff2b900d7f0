//! Ports for time and randomness. All other code takes both from here, so that a seeded simulation
//! runs the same code as AWS.

mod clock;
mod entropy;

pub use clock::{Clock, ManualClock, SystemClock};
pub use entropy::{Entropy, SeededEntropy, SystemEntropy};
pub use jiff::Timestamp;
