//! Registration of the functions in one process.

#[rustfmt::skip]
mod functions;
mod reviewers;
mod rights;
mod source;

pub use self::source::{MissingSecret, Source, Sources};
pub use functions::{GitHub, register, sources};
pub use reviewers::reviewers;

use events::{Clock, Emit, Entropy};
use model_client::Model;
use policy::Policy;
use state::StateManager;
use std::sync::Arc;

/// Dependencies of the functions. Each function gets those that its manifest names.
pub struct Dependencies {
    /// State items.
    pub state: StateManager,
    /// Bus on which the functions emit events.
    pub bus: Arc<dyn Emit>,
    /// GitHub, or a simulated GitHub.
    pub github: Arc<dyn GitHub>,
    /// Model that reviews beside the rules, if any.
    pub model: Option<Arc<dyn Model>>,
    /// Settings of the deployment.
    pub policy: Policy,
    /// Clock.
    pub clock: Arc<dyn Clock>,
    /// Source of random numbers.
    pub entropy: Arc<dyn Entropy>,
}
