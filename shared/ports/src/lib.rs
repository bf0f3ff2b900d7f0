//! Time and randomness come in through these ports, never from the air:
//! a seeded simulation drives the same code that runs on AWS.

mod clock;
mod entropy;

pub use clock::{Clock, ManualClock, SystemClock};
pub use entropy::{Entropy, SeededEntropy, SystemEntropy};
pub use jiff::Timestamp;
