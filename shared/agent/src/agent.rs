//! The agent: reserve, ask, check, repair once, settle.

use crate::budget::Budgets;
use crate::pause::{Pause, drawn};
use crate::refusal::Refusal;
use crate::reply::{self, Tokens};
use crate::request::{self, Repair, Rung};
use crate::text::Redactor;
use crate::transport::Transport;
use crate::{AgentError, Answer, Ask, Dialect, Model, Prices, Settings, Usage, find};
use async_trait::async_trait;
use config::{ConfigError, Environment};
use ports::{Clock, Entropy, Timestamp};
use serde_json::Value;
use state::{Key, StateManager};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Tries of a call that may succeed soon.
const TRIES: u32 = 3;

/// The longest wait before the second try; doubled before each later one.
const BACK_OFF: Duration = Duration::from_secs(2);

/// The longest that one try takes: no function lives longer.
const LONGEST_CALL: Duration = Duration::from_secs(15 * 60);

/// Bytes of a prompt that are taken for one token: more than there are, mostly.
const BYTES_A_TOKEN: usize = 3;

/// Tokens that are reserved for an answer.
const COMPLETION: u64 = 4_096;

/// Asks an endpoint that speaks "Chat Completions". A clone shares everything.
#[derive(Clone)]
pub struct Agent(Arc<Inner>);

struct Inner {
    model: String,
    dialect: Dialect,
    prices: Prices,
    max_completion_tokens: u64,
    least_time: Duration,
    transport: Transport,
    redactor: Redactor,
    pause: Pause,
    budgets: Budgets,
    /// The surest way to ask for an answer's shape that the endpoint and its model
    /// have not refused.
    rung: Mutex<Rung>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agent")
            .field("model", &self.0.model)
            .finish_non_exhaustive()
    }
}

impl Agent {
    /// An agent that calls by `https`, keeps budgets and the pause in `state`, and
    /// waits on `clock`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that a wrong setting comes from.
    pub fn new(
        settings: Settings,
        https: https::Client,
        state: StateManager,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, ConfigError> {
        let (endpoint, dialect) = settings.check()?;
        let redactor = Redactor::new(settings.key.clone());
        let url = endpoint.at("/chat/completions");
        let transport = Transport::new(https, url, &settings.key, redactor.clone())?;
        let key = Key::new("pause", endpoint.host());
        let key = key.map_err(|error| ConfigError::new("KIMI_BASE_URL", error))?;
        let known = match dialect {
            Dialect::Kimi => Prices::known(),
            Dialect::Plain => Prices::default(),
        };
        Ok(Self(Arc::new(Inner {
            model: settings.model,
            dialect,
            prices: settings.prices.or(known),
            max_completion_tokens: settings.max_completion_tokens,
            least_time: settings.least_time,
            transport,
            redactor,
            pause: Pause::new(key, state.clone(), clock.clone(), entropy.clone()),
            budgets: Budgets::new(state, clock.clone(), entropy.clone()),
            rung: Mutex::new(Rung::Schema),
            clock,
            entropy,
        })))
    }

    /// The agent that the environment describes: `KIMI_API_KEY`, `KIMI_BASE_URL`,
    /// `KIMI_MODEL`, `KIMI_PRICES`. None without a key.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is wrong.
    pub fn from_environment(
        environment: &Environment,
        https: https::Client,
        state: StateManager,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Option<Self>, ConfigError> {
        let settings = Settings::from_environment(environment)?;
        let agent = settings.map(|settings| Self::new(settings, https, state, clock, entropy));
        agent.transpose()
    }
}

#[async_trait]
impl Model for Agent {
    fn name(&self) -> &str {
        &self.0.model
    }

    async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, AgentError> {
        let inner = &*self.0;
        inner.pause.look().await?;
        inner.left(ask.deadline).ok_or(AgentError::NoTime)?;
        let reserved = estimate(ask);
        inner.budgets.reserve(ask.scopes, ask.id, reserved).await?;
        let mut spent = Spent::new(inner.model.clone());
        let outcome = inner.answer(ask, &mut spent).await;
        match spent.tokens(reserved) {
            0 => inner.budgets.release(ask.scopes, ask.id).await,
            used => inner.budgets.settle(ask.scopes, ask.id, used).await,
        }
        let usage = spent.priced(&inner.prices);
        tracing::info!(
            id = ask.id,
            model = usage.model,
            prompt_tokens = usage.prompt_tokens,
            cached_tokens = usage.cached_tokens,
            completion_tokens = usage.completion_tokens,
            replies = spent.replies,
            answered = outcome.is_ok(),
            "the model was asked"
        );
        outcome.map(|value| Answer { value, usage })
    }
}

/// What the attempts of one question took.
struct Spent {
    usage: Usage,
    /// Replies that came.
    replies: u32,
    /// Whether one of them did not say what it took.
    untold: bool,
}

impl Spent {
    fn new(model: String) -> Self {
        Self {
            usage: Usage {
                model,
                ..Usage::default()
            },
            replies: 0,
            untold: false,
        }
    }

    fn add(&mut self, tokens: Option<Tokens>) {
        self.replies = self.replies.saturating_add(1);
        let Some(tokens) = tokens else {
            self.untold = true;
            return;
        };
        let usage = &mut self.usage;
        usage.prompt_tokens = usage.prompt_tokens.saturating_add(tokens.prompt);
        usage.cached_tokens = usage.cached_tokens.saturating_add(tokens.cached);
        usage.completion_tokens = usage.completion_tokens.saturating_add(tokens.completion);
    }

    /// What the budgets count: if a reply did not say, no less than was `reserved`.
    fn tokens(&self, reserved: u64) -> u64 {
        let told = self.usage.total();
        if self.untold {
            told.max(reserved)
        } else {
            told
        }
    }

    fn priced(&self, prices: &Prices) -> Usage {
        let mut usage = self.usage.clone();
        usage.micro_dollars = prices.micro_dollars(
            &usage.model,
            usage.prompt_tokens,
            usage.cached_tokens,
            usage.completion_tokens,
        );
        usage
    }
}

impl Inner {
    /// An answer that passes the check, after one repair at most.
    async fn answer(&self, ask: &Ask<'_>, spent: &mut Spent) -> Result<Value, AgentError> {
        let mut repair: Option<Repair> = None;
        loop {
            let text = match (self.call(ask, repair.as_ref(), spent).await, &repair) {
                (Ok(text), _) => text,
                (Err(AgentError::NoTime), Some(repair)) => return self.malformed(&repair.problem),
                (Err(error), _) => return Err(error),
            };
            let checked = find::object(&text)
                .ok_or_else(|| "there is no JSON object in it".to_owned())
                .and_then(|value| (ask.check)(&value).map(|()| value));
            let problem = match checked {
                Ok(value) => return Ok(value),
                Err(problem) if repair.is_some() => return self.malformed(&problem),
                Err(problem) => problem,
            };
            tracing::info!(id = ask.id, "the model is asked to repair its answer");
            repair = Some(Repair {
                problem: self.redactor.redact(&problem),
                reply: self.redactor.redact(&text),
            });
        }
    }

    /// One question, as often as it may succeed soon; what the model wrote.
    async fn call(
        &self,
        ask: &Ask<'_>,
        repair: Option<&Repair>,
        spent: &mut Spent,
    ) -> Result<String, AgentError> {
        let mut tried = 0;
        loop {
            self.pause.look().await?;
            let time = self.left(ask.deadline).ok_or(AgentError::NoTime)?;
            let rung = self.rung();
            let (model, most) = (&self.model, self.max_completion_tokens);
            let body = request::body(model, self.dialect, most, rung, ask, repair);
            let body = serde_json::to_vec(&body).map_err(|error| AgentError::Rejected {
                reason: format!("the question cannot be written as JSON: {error}"),
            })?;
            let refusal = match self.transport.post(body, time, self.clock.now()).await {
                Ok(body) => {
                    let reply = reply::read(&body);
                    spent.add(reply.tokens);
                    return reply.text.map_err(|error| self.redacted(error));
                }
                Err(refusal) => refusal,
            };
            match refusal {
                Refusal::Final(error) => return Err(error),
                Refusal::Pause { wait, reason } => {
                    return Err(self.pause.begin(wait, &reason).await);
                }
                Refusal::StepDown { reason } => self.step_down(rung, reason)?,
                Refusal::Again { wait, reason } => {
                    tried += 1;
                    let back_off = BACK_OFF.saturating_mul(1 << (tried - 1).min(8));
                    let drawn = drawn(&*self.entropy, back_off);
                    let wait = wait.map_or(drawn, |wait| wait.max(drawn));
                    let left = ask.deadline.duration_since(self.clock.now());
                    let left = Duration::try_from(left).unwrap_or_default();
                    if tried >= TRIES || left < wait.saturating_add(self.least_time) {
                        return Err(AgentError::Unavailable { reason });
                    }
                    let wait_ms = wait.as_millis();
                    tracing::info!(id = ask.id, tried, wait_ms, reason, "asking again");
                    self.clock.sleep(wait).await;
                }
            }
        }
    }

    /// The time until `deadline`; `None` if it is too short for a call.
    fn left(&self, deadline: Timestamp) -> Option<Duration> {
        let left = Duration::try_from(deadline.duration_since(self.clock.now())).ok()?;
        (left >= self.least_time).then_some(left.min(LONGEST_CALL))
    }

    fn rung(&self) -> Rung {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes one rung down from `refused`, for good, unless someone else has.
    fn step_down(&self, refused: Rung, reason: String) -> Result<(), AgentError> {
        let Some(down) = refused.down() else {
            return Err(AgentError::Rejected {
                reason: format!(
                    "the endpoint of KIMI_BASE_URL takes no shape for answers, not even none \
                     ({reason})"
                ),
            });
        };
        let mut rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        if *rung == refused {
            tracing::warn!(
                ?refused,
                ?down,
                reason,
                "answers are asked for in another way"
            );
            *rung = down;
        }
        Ok(())
    }

    fn malformed(&self, problem: &str) -> Result<Value, AgentError> {
        Err(AgentError::Malformed {
            reason: self.redactor.line(problem),
        })
    }

    /// `error` with what the endpoint said made fit to be shown.
    fn redacted(&self, error: AgentError) -> AgentError {
        match error {
            AgentError::Refused(text) => AgentError::Refused(self.redactor.line(&text)),
            AgentError::Malformed { reason } => AgentError::Malformed {
                reason: self.redactor.line(&reason),
            },
            AgentError::Paused { .. }
            | AgentError::OverBudget { .. }
            | AgentError::Quota { .. }
            | AgentError::Unavailable { .. }
            | AgentError::CutShort
            | AgentError::Empty
            | AgentError::Filtered
            | AgentError::Rejected { .. }
            | AgentError::NoTime
            | AgentError::State(_) => error,
        }
    }
}

/// What is reserved for a question: its bytes, and an answer.
fn estimate(ask: &Ask<'_>) -> u64 {
    let schema = ask.schema.to_string().len();
    let bytes = ask.system.len() + ask.user.len() + schema;
    let prompt = u64::try_from(bytes.div_ceil(BYTES_A_TOKEN)).unwrap_or(u64::MAX);
    prompt.saturating_add(COMPLETION)
}
