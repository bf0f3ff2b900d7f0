//! Every function of the template, built from the libraries of `functions/`.

use agent::Model;
use bus::{Emit, Handler};
use coordinator::Coordinator;
use policy::Policy;
use ports::{Clock, Entropy};
use proof::Proof;
use publisher::Publisher;
use pull_request::PullRequest;
use recorder::Recorder;
use specialist::Deps;
use state::{StateBackend, StateManager};
use std::collections::BTreeMap;
use std::sync::Arc;
use verdict::Verdict;

/// What the functions are built from.
pub struct Ports {
    /// Where state is kept.
    pub state: Arc<dyn StateBackend>,
    /// GitHub, or what stands in for it.
    pub github: Arc<dyn GitHub>,
    /// The model that reviews beside the rules, if there is one.
    pub model: Option<Arc<dyn Model>>,
    /// What whoever runs the bot wants of reviews.
    pub policy: Policy,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where random numbers come from.
    pub entropy: Arc<dyn Entropy>,
}

/// The parts of GitHub that the functions are given, all together.
pub trait GitHub: publisher::GitHub + coordinator::GitHub {}

impl<T: publisher::GitHub + coordinator::GitHub> GitHub for T {}

/// The functions that hear events, by name.
pub type Functions = BTreeMap<&'static str, Arc<dyn Handler>>;

/// Builds them all. What they say goes to `bus`.
pub fn functions(ports: &Ports, bus: &Arc<impl Emit + 'static>) -> Functions {
    let Ports { clock, entropy, .. } = ports;
    let state = StateManager::new(ports.state.clone(), clock.clone(), entropy.clone());
    let deps = Deps {
        state: state.clone(),
        github: ports.github.clone(),
        bus: bus.clone(),
        model: ports.model.clone(),
        clock: clock.clone(),
        entropy: entropy.clone(),
    };
    let all: [Arc<dyn Handler>; 9] = [
        Arc::new(PullRequest {
            state: state.clone(),
            bus: bus.clone(),
        }),
        Arc::new(Coordinator {
            state: state.clone(),
            bus: bus.clone(),
            github: ports.github.clone(),
            deployment: ports.policy.clone().into(),
        }),
        Arc::new(security::security(deps.clone())),
        Arc::new(style::style(deps.clone())),
        Arc::new(logic::logic(deps.clone())),
        Arc::new(Proof { deps }),
        Arc::new(Verdict {
            state: state.clone(),
            bus: bus.clone(),
        }),
        Arc::new(Publisher {
            state: state.clone(),
            bus: bus.clone(),
            github: ports.github.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
        }),
        Arc::new(Recorder {
            state,
            clock: clock.clone(),
        }),
    ];
    all.into_iter()
        .map(|function| (function.name(), function))
        .collect()
}
