//! `--simulate`: plays sample deliveries through all functions against a simulated GitHub. The
//! simulated clock skips waits. Needs no key, no network and no AWS account.

mod played;
mod sample;
mod show;

pub use played::{FunctionCall, Page, PlayedSample, Run};
pub use sample::{Sample, SampleError};
pub use show::{View, json, text};

use config::ConfigError;
use events::{Clock, ManualClock, OnError, SeededEntropy, Timestamp};
use fake_github::{AdoptError, World};
use http::{HeaderMap, HeaderValue};
use local_bus::LocalBus;
use local_bus::queue::{Queue, QueueError};
use local_bus::runner::{CallResult, Runner};
use local_bus::template::Template;
use local_functions::Dependencies;
use policy::Policy;
use review::item::ReviewItem;
use review::message::ReviewKey;
use secrecy::SecretString;
use source::{Door, NoSecret, Secrets};
use state::{KeyPrefix, Memory, Record, StateBackend, StateError, StateManager};
use std::sync::Arc;

/// Secret that the simulated GitHub signs with.
const SECRET: &str = "only for simulations";

/// Seed of random numbers. Fixed, so that runs can be compared.
const SEED: u64 = 7;

/// Reason why a simulation failed.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// A sample is invalid.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// The simulated GitHub cannot represent a sample.
    #[error("{file}: {error}")]
    World {
        /// File of the sample.
        file: String,
        /// Missing data.
        error: AdoptError,
    },
    /// The queue failed.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// A function cannot be registered.
    #[error(transparent)]
    Registration(#[from] OnError),
    /// The state backend failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// The simulation's configuration is invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The simulation's secret is invalid.
    #[error(transparent)]
    Secret(#[from] NoSecret),
}

/// All components in one process.
struct Fixture {
    clock: Arc<ManualClock>,
    world: World,
    webhook: Door,
    runner: Runner,
    state: Arc<Memory>,
}

/// Plays `samples` by the rules of `template`.
///
/// # Errors
/// [`SimulateError`] names the sample and the expected form.
pub async fn simulate(template: Template, samples: &[Sample]) -> Result<Run, SimulateError> {
    let fixture = Fixture::new(template)?;
    let mut run = Run::default();
    for (n, sample) in samples.iter().enumerate() {
        fixture.play(sample, &mut run).await?;
        let interrupted_at = samples
            .get(n + 1)
            .and_then(|next| next.as_soon_as.as_deref());
        fixture.settle(interrupted_at, &mut run).await?;
    }
    fixture.look(&mut run).await?;
    Ok(run)
}

impl Fixture {
    fn new(template: Template) -> Result<Self, SimulateError> {
        let start = Timestamp::from_second(1_793_523_600).unwrap_or_default();
        let clock = Arc::new(ManualClock::starting_at(start));
        let entropy = Arc::new(SeededEntropy::new(SEED));
        let world = World::new(clock.clone(), entropy.clone());
        let state = Arc::new(Memory::default());
        let template = Arc::new(template);
        let queue = Queue::in_memory()?;
        let bus = Arc::new(LocalBus::new(
            template.clone(),
            queue.clone(),
            clock.clone(),
        ));
        let backend: Arc<dyn StateBackend> = state.clone();
        let deps = Dependencies {
            state: StateManager::new(backend, clock.clone(), entropy.clone()),
            bus: bus.clone(),
            github: Arc::new(world.github()),
            model: None,
            policy: Policy::default(),
            clock: clock.clone(),
            entropy,
        };
        local_functions::register(&*bus, &deps)?;
        let source = webhook::source(webhook::Deps {
            clock: clock.clone(),
            github_webhook_secret: SECRET.into(),
        })?;
        Ok(Self {
            webhook: Door::new(Arc::new(source), bus.clone()),
            runner: Runner {
                template,
                functions: bus.handlers(),
                bus,
                queue,
                clock: clock.clone(),
            },
            clock,
            world,
            state,
        })
    }

    /// Applies the sample to the simulated GitHub and sends its delivery.
    async fn play(&self, sample: &Sample, run: &mut Run) -> Result<(), SimulateError> {
        if sample.event == "pull_request" && !sample.again {
            self.world
                .adopt(&sample.payload, sample.diff.clone())
                .map_err(|error| SimulateError::World {
                    file: sample.file.clone(),
                    error,
                })?;
        }
        let body = sample.payload.to_string();
        let headers = headers(sample, &body)?;
        let answer = self.webhook.handle(&headers, body.as_bytes()).await;
        run.begin(sample, answer);
        Ok(())
    }

    /// Delivers until the queue is empty, or until the first event on the topic `until` has been
    /// handled. Advances the clock over waits.
    async fn settle(&self, until: Option<&str>, run: &mut Run) -> Result<(), SimulateError> {
        loop {
            while let Some(tried) = self.runner.step().await? {
                let reached =
                    until == Some(tried.event.detail_type.as_str()) && !is_recorder(&tried);
                run.note(tried);
                if reached {
                    return Ok(());
                }
            }
            match self.runner.queue.next_due().await? {
                Some(due) => self.clock.advance_to(due),
                None => return Ok(()),
            }
        }
    }

    /// Collects the final pages on GitHub, the state and the number of dead letters.
    async fn look(&self, run: &mut Run) -> Result<(), SimulateError> {
        let backend: Arc<dyn StateBackend> = self.state.clone();
        let clock: Arc<dyn Clock> = self.clock.clone();
        let state = StateManager::new(backend, clock, Arc::new(SeededEntropy::new(SEED)));
        for github in self.world.pages() {
            let review = ReviewKey {
                pr: github.pr.clone(),
                head_sha: github.head.clone(),
            };
            let stored = state
                .get::<Record<ReviewItem>>(&ReviewItem::key(&review))
                .await?;
            run.pages.push(Page {
                github,
                review: stored.value.map(|record| record.value),
            });
        }
        for kind in ["pr:", "review:", "check:", "publication:"] {
            let Ok(prefix) = kind.parse::<KeyPrefix>() else {
                continue;
            };
            let items = state
                .list::<Record<serde_json::Value>>(&prefix, None, 1000)
                .await?;
            run.state.extend(
                items
                    .into_iter()
                    .map(|item| (item.key, item.version, item.value.value)),
            );
        }
        run.failed = self.runner.queue.depth(self.runner.clock.now()).await?.dead;
        Ok(())
    }
}

fn is_recorder(tried: &CallResult) -> bool {
    tried.function == "recorder"
}

fn headers(sample: &Sample, body: &str) -> Result<HeaderMap, SimulateError> {
    let signature = Secrets::parse(&SecretString::from(SECRET))?.sign(body.as_bytes());
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("content-type", "application/json"),
        ("x-github-event", &sample.event),
        ("x-github-delivery", &sample.delivery),
        ("x-hub-signature-256", &signature),
    ] {
        let value = HeaderValue::from_str(value).map_err(|_| SampleError {
            file: sample.file.clone(),
            problem: format!("{name}: {value:?} cannot be a header"),
        })?;
        headers.insert(name, value);
    }
    Ok(headers)
}
