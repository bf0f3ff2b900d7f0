//! Agent: reserves tokens, asks the model, checks the answer, repairs it once, and settles the
//! reservation.

use crate::budget::Budgets;
use crate::find::{self, FinalObject, MissReason};
use crate::ladder::FormatMemory;
use crate::pause::Pause;
use crate::refusal::Refusal;
use crate::reply::{self, Tokens};
use crate::request::{self, AnswerFormat, Repair};
use crate::text::Redactor;
use crate::transport::Transport;
use crate::{AgentError, Answer, Ask, AskError, Dialect, Model, Prices, Settings, Usage};
use async_trait::async_trait;
use config::{ConfigError, Environment};
use events::{Clock, Entropy, Timestamp};
use state::{Key, StateManager};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Maximum tries of a call that fails temporarily.
const TRIES: u32 = 3;

/// Maximum wait before the second try. Doubles before each later one.
const BACK_OFF: Duration = Duration::from_secs(2);

/// Maximum duration of one try. No function runs longer.
const LONGEST_CALL: Duration = Duration::from_secs(15 * 60);

/// Bytes of a prompt counted as one token. Usually overestimates the tokens.
const BYTES_A_TOKEN: usize = 3;

/// Tokens reserved for an answer. Covers most answers; extra usage is counted after the reply.
const COMPLETION: u64 = 4_096;

/// Client of an endpoint with the "Chat Completions" API. Clones share all state.
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
    ladder: FormatMemory,
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
    /// Creates an agent that calls through `https`, stores budgets and the pause in `state`, and
    /// waits on `clock`. Sends nothing.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable of the invalid setting.
    pub fn new(
        settings: Settings,
        https: egress::Client,
        state: StateManager,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, ConfigError> {
        let (endpoint, dialect) = settings.check(https.addresses())?;
        let redactor = Redactor::new(settings.key.clone());
        let url = endpoint.at("/chat/completions");
        let transport = Transport::new(https, url, &settings.key, redactor.clone())?;
        let host = endpoint.host();
        let pause = Key::new("pause", host);
        let pause = pause.map_err(|error| ConfigError::new("KIMI_BASE_URL", error))?;
        let ladder = Key::new("format", &format!("{host}/{}", settings.model));
        let ladder = ladder.map_err(|error| ConfigError::new("KIMI_MODEL", error))?;
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
            pause: Pause::new(pause, state.clone(), clock.clone()),
            ladder: FormatMemory::new(ladder, state.clone(), clock.clone()),
            budgets: Budgets::new(state),
            clock,
            entropy,
        })))
    }

    /// Creates the agent that the environment describes: `KIMI_API_KEY`, `KIMI_BASE_URL`,
    /// `KIMI_MODEL`, `KIMI_PRICES`. Returns `None` without a key.
    ///
    /// # Errors
    /// [`ConfigError`] names the invalid variable.
    pub fn from_environment(
        environment: &Environment,
        https: egress::Client,
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

    async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, AskError> {
        let inner = &*self.0;
        let mut spent = UsageSum::default();
        let outcome = inner.answer(ask, &mut spent).await;
        let usage = inner.priced(&spent);
        tracing::info!(
            id = ask.id,
            model = usage.model,
            prompt_tokens = usage.prompt_tokens,
            cached_tokens = usage.cached_tokens,
            completion_tokens = usage.completion_tokens,
            replies = spent.replies,
            answered = outcome.is_ok(),
            "the model received a question"
        );
        match outcome {
            Ok(found) => Ok(Answer {
                value: found.value,
                is_exact: found.is_exact,
                usage,
            }),
            Err(error) => Err(AskError { error, usage }),
        }
    }
}

/// Usage of several attempts.
#[derive(Debug, Clone, Copy, Default)]
struct UsageSum {
    tokens: Tokens,
    /// Number of replies.
    replies: u32,
    /// Number of attempts that may be charged but did not report usage.
    untold: u32,
}

impl UsageSum {
    fn add(&mut self, tokens: Option<Tokens>) {
        self.replies = self.replies.saturating_add(1);
        match tokens {
            Some(tokens) => self.tokens = self.tokens.plus(tokens),
            None => self.untold = self.untold.saturating_add(1),
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            tokens: self.tokens.plus(other.tokens),
            replies: self.replies.saturating_add(other.replies),
            untold: self.untold.saturating_add(other.untold),
        }
    }

    /// Returns the tokens to count in budgets. Counts `reserved` per attempt without reported
    /// usage.
    fn counted(self, reserved: u64) -> u64 {
        let untold = reserved.saturating_mul(self.untold.into());
        self.tokens.total().saturating_add(untold)
    }
}

impl Inner {
    /// Returns an answer that passes the check, after at most one repair. If a reply contains
    /// several answers and its repair contains several or none, uses the last answer and marks it
    /// as not exact.
    async fn answer(&self, ask: &Ask<'_>, spent: &mut UsageSum) -> Result<FinalObject, AgentError> {
        let mut repair: Option<Repair> = None;
        let mut unsure: Option<FinalObject> = None;
        loop {
            let text = match (self.attempt(ask, repair.as_ref(), spent).await, &repair) {
                (Ok(text), _) => text,
                (Err(AgentError::NoTime | AgentError::OverBudget { .. }), Some(repair)) => {
                    return unsure.map_or_else(|| self.malformed(&repair.problem), Ok);
                }
                (Err(error), _) => return Err(error),
            };
            let problem = match find::answer(&text, ask.change, ask.check) {
                Ok(found) if !found.is_ambiguous => return Ok(found),
                Ok(found) => {
                    unsure = Some(FinalObject {
                        is_exact: false,
                        ..found
                    });
                    "it holds several answers that differ; give the final one alone".to_owned()
                }
                Err(MissReason::Quoted) => "its only answer is text of the change".to_owned(),
                Err(MissReason::Invalid(problem)) => problem,
            };
            if repair.is_some() {
                return unsure.map_or_else(|| self.malformed(&problem), Ok);
            }
            tracing::info!(id = ask.id, "asking the model to repair its answer");
            repair = Some(Repair {
                problem: self.redactor.redact(&problem),
                reply: self.redactor.redact(&text),
                nonce: self.entropy.nonce(),
            });
        }
    }

    /// Returns the usage to report. Attempts without reported usage count zero here.
    fn priced(&self, spent: &UsageSum) -> Usage {
        let Tokens {
            prompt,
            cached,
            completion,
        } = spent.tokens;
        let price = self
            .prices
            .micro_dollars(&self.model, prompt, cached, completion);
        Usage {
            model: self.model.clone(),
            prompt_tokens: prompt,
            cached_tokens: cached,
            completion_tokens: completion,
            micro_dollars: price,
        }
    }

    /// Asks once and retries temporary failures. Returns the model's text.
    async fn attempt(
        &self,
        ask: &Ask<'_>,
        repair: Option<&Repair>,
        spent: &mut UsageSum,
    ) -> Result<String, AgentError> {
        let mut rung = self.ladder.rung().await;
        let mut stepped_down: Option<String> = None;
        let mut tried = 0;
        loop {
            let refusal = match self.call(ask, repair, rung, spent).await {
                Ok(reply) => {
                    if let Some(reason) = stepped_down {
                        self.ladder.keep(rung, &reason).await;
                    }
                    return reply.map_err(|error| self.redacted(error));
                }
                Err(refusal) => refusal,
            };
            let (wait, reason) = match refusal {
                Refusal::Final(error) => return Err(error),
                Refusal::Pause { wait, reason } => {
                    return Err(self.pause.begin(wait, &reason).await);
                }
                Refusal::StepDown { reason } => {
                    rung = rung.down().ok_or_else(|| AgentError::Rejected {
                        reason: format!(
                            "the endpoint of KIMI_BASE_URL takes no shape for answers, not even \
                             none ({reason})"
                        ),
                    })?;
                    stepped_down = Some(reason);
                    continue;
                }
                Refusal::Again { wait, reason } => (wait, reason),
                Refusal::Lost { reason } => (None, reason),
            };
            tried += 1;
            let Some(wait) = self.wait(ask.deadline, tried, wait) else {
                return Err(AgentError::Unavailable { reason });
            };
            let wait_ms = wait.as_millis();
            tracing::info!(id = ask.id, tried, wait_ms, reason, "asking again");
            self.clock.sleep(wait).await;
        }
    }

    /// Makes one call. Reserves tokens before it and corrects the reservation afterwards. Returns
    /// the reply, or a named outcome in place of its text, or the reason for no reply.
    async fn call(
        &self,
        ask: &Ask<'_>,
        repair: Option<&Repair>,
        rung: AnswerFormat,
        spent: &mut UsageSum,
    ) -> Result<Result<String, AgentError>, Refusal> {
        self.pause.look().await?;
        let time = self.left(ask.deadline).ok_or(AgentError::NoTime)?;
        let (model, most) = (&self.model, self.max_completion_tokens);
        let body = request::body(model, self.dialect, most, rung, ask, repair);
        let body = serde_json::to_vec(&body).map_err(|error| AgentError::Rejected {
            reason: format!("the question cannot be written as JSON: {error}"),
        })?;
        let reserved = estimate(ask, repair);
        self.budgets.reserve(ask.scopes, ask.id, reserved).await?;
        let answer = self.transport.post(body, time, self.clock.now()).await;
        let mut now = UsageSum::default();
        let answer = match answer {
            Ok(body) => {
                let reply = reply::read(&body);
                now.add(reply.tokens);
                Ok(reply.text)
            }
            Err(refusal) => {
                now.untold = u32::from(matches!(refusal, Refusal::Lost { .. }));
                Err(refusal)
            }
        };
        match now.counted(reserved) {
            0 => self.budgets.release(ask.scopes, ask.id).await,
            used => self.budgets.settle(ask.scopes, ask.id, used).await,
        }
        *spent = spent.plus(now);
        answer
    }

    /// Returns the wait after `tried` tries, at least `wanted`, or `None` if no try is left.
    fn wait(&self, deadline: Timestamp, tried: u32, wanted: Option<Duration>) -> Option<Duration> {
        let back_off = BACK_OFF.saturating_mul(1 << (tried - 1).min(8));
        let wait = self.entropy.between(back_off / 2, back_off);
        let wait = wait.max(wanted.unwrap_or_default());
        let left = deadline.duration_since(self.clock.now());
        let left = Duration::try_from(left).unwrap_or_default();
        (tried < TRIES && left >= wait.saturating_add(self.least_time)).then_some(wait)
    }

    /// Returns the time until `deadline`, or `None` if it is too short for a call.
    fn left(&self, deadline: Timestamp) -> Option<Duration> {
        let left = Duration::try_from(deadline.duration_since(self.clock.now())).ok()?;
        (left >= self.least_time).then_some(left.min(LONGEST_CALL))
    }

    fn malformed(&self, problem: &str) -> Result<FinalObject, AgentError> {
        Err(AgentError::Malformed {
            reason: self.redactor.line(problem),
        })
    }

    /// Removes secrets from the endpoint's text in `error`.
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

/// Estimates the tokens of an attempt: its bytes, and an answer.
fn estimate(ask: &Ask<'_>, repair: Option<&Repair>) -> u64 {
    let schema = ask.schema.to_string().len();
    let repair = repair.map_or(0, |repair| repair.in_words().len());
    let bytes = ask.system.len() + ask.user.len() + schema + repair;
    let prompt = u64::try_from(bytes.div_ceil(BYTES_A_TOKEN)).unwrap_or(u64::MAX);
    prompt.saturating_add(COMPLETION)
}
