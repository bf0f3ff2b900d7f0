//! Model world on loopback, and its agents.
#![allow(dead_code, reason = "each test file uses a part of this")]

use events::{Clock, ManualClock, SeededEntropy, Timestamp};
use fake_model::ModelWorld;
use model_client::{
    Agent, AgentError, Answer, Ask, AskError, Dialect, Model, Schema, Scope, Settings, Shape,
};
use serde_json::Value;
use state::{Memory, StateBackend, StateManager};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

pub const SYSTEM: &str = "You review code. Answer briefly.";

/// World with shared dependencies of agents. They share one clock that advances only on sleep.
pub struct Stage {
    pub world: ModelWorld,
    pub clock: Arc<ManualClock>,
    pub state: StateManager,
    pub url: String,
}

impl Stage {
    pub async fn new() -> Self {
        Self::with(Arc::new(Memory::default())).await
    }

    pub async fn with(backend: Arc<dyn StateBackend>) -> Self {
        let start = Timestamp::from_second(1_795_000_000).expect("a time");
        let clock = Arc::new(ManualClock::starting_at(start));
        let entropy = Arc::new(SeededEntropy::new(7));
        let world = ModelWorld::new(clock.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        tokio::spawn(fake_model::serve(world.clone(), listener));
        Self {
            world,
            state: StateManager::new(backend, clock.clone(), entropy),
            clock,
            url: format!("http://{address}/v1"),
        }
    }

    pub fn settings(&self) -> Settings {
        Settings {
            base_url: self.url.clone(),
            dialect: Some(Dialect::Kimi),
            ..Settings::new(self.world.key().into())
        }
    }

    pub fn agent(&self) -> Agent {
        self.agent_with(self.settings())
    }

    pub fn agent_with(&self, settings: Settings) -> Agent {
        let https = egress::client(config::Addresses::LOOPBACK).expect("TLS can be set up");
        let entropy = Arc::new(SeededEntropy::new(11));
        Agent::new(
            settings,
            https,
            self.state.clone(),
            self.clock.clone(),
            entropy,
        )
        .expect("an agent")
    }

    /// Returns a deadline ten minutes from now.
    pub fn deadline(&self) -> Timestamp {
        self.clock.now() + Duration::from_secs(600)
    }

    /// Asks for an object with a number `n`.
    pub async fn ask(&self, agent: &Agent, id: &str) -> Result<Answer, AgentError> {
        self.ask_in(agent, id, &[]).await
    }

    pub async fn ask_in(
        &self,
        agent: &Agent,
        id: &str,
        scopes: &[Scope],
    ) -> Result<Answer, AgentError> {
        let asked = self.paid(agent, id, scopes).await;
        asked.map_err(|unanswered| unanswered.error)
    }

    /// Asks the same question. Returns the usage with an error.
    pub async fn paid(
        &self,
        agent: &Agent,
        id: &str,
        scopes: &[Scope],
    ) -> Result<Answer, AskError> {
        self.question(agent, id, scopes, self.deadline()).await
    }

    /// Asks the same question with a deadline `left` from now.
    pub async fn ask_within(
        &self,
        agent: &Agent,
        id: &str,
        left: Duration,
    ) -> Result<Answer, AgentError> {
        let asked = self.question(agent, id, &[], self.clock.now() + left).await;
        asked.map_err(|unanswered| unanswered.error)
    }

    async fn question(
        &self,
        agent: &Agent,
        id: &str,
        scopes: &[Scope],
        deadline: Timestamp,
    ) -> Result<Answer, AskError> {
        let schema = schema();
        let question = Ask {
            id,
            scopes,
            system: SYSTEM,
            user: "How many?",
            schema: &schema,
            check: &has_n,
            change: "",
            deadline,
        };
        agent.ask(&question).await
    }

    pub async fn used(&self, scope: &Scope) -> u64 {
        let used = model_client::used(&self.state, &scope.key).await;
        used.expect("a budget")
    }
}

pub fn schema() -> Schema {
    Schema::new("count", vec![("n", Shape::Integer(0..=1_000))])
}

pub fn has_n(value: &Value) -> Result<(), String> {
    let n = value.get("n").and_then(Value::as_u64);
    n.map(|_| ())
        .ok_or_else(|| "n: expected a number".to_owned())
}

pub fn scope(name: &str, limit: u64) -> Scope {
    Scope {
        key: state::Key::new("budget", name).expect("a key"),
        limit,
        name: format!("this {name}"),
    }
}

/// Returns the name of the error's variant.
pub fn name(error: &AgentError) -> String {
    let text = format!("{error:?}");
    text.split([' ', '(']).next().unwrap_or_default().to_owned()
}
