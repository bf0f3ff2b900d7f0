//! Port to a language model. A question has a schema and a check. The result is an answer that
//! passed both, or a named error. An unusable reply never counts as zero findings.
//!
//! - [`Model`] is the port. [`Agent`] implements it for Kimi and other endpoints with the "Chat
//!   Completions" API.
//! - Budgets count before a call: the agent reserves tokens in every [`Scope`] and corrects the
//!   reservation after the reply. See [`Scope`] for the stored form.
//! - A rate limit pauses all agents. The pause is stored under `pause:HOST`, and no agent calls the
//!   endpoint until it ends. A pause is not a failure: [`AgentError::Paused`].
//!
//! The model has no credentials and no write access. Its output is data.

mod agent;
mod budget;
mod error;
mod find;
mod ladder;
mod ledger;
mod pause;
mod port;
mod prices;
mod refusal;
mod reply;
mod request;
mod schema;
mod settings;
mod text;
mod transport;

pub use agent::Agent;
pub use budget::used;
pub use error::AgentError;
pub use port::{Answer, Ask, AskError, Model, Scope, Usage};
pub use prices::{InvalidPrices, Prices};
pub use schema::{Schema, Shape};
pub use settings::{Dialect, Settings};
