//! A model behind one port. Whoever has a question gives it with a schema and a check;
//! what comes back has passed both, or is an error with a name: a reply that cannot be
//! used is never taken for "nothing found".
//!
//! - [`Model`] is the port, [`Agent`] the one that asks Kimi, or any other endpoint
//!   that speaks "Chat Completions".
//! - Budgets count before a call is made: tokens are reserved in every [`Scope`], and
//!   put right when it is known what was used. See [`Scope`] for what is stored.
//! - A rate limit pauses everyone: it is kept as state under `pause:HOST`, and while
//!   it is in force nobody calls. Waiting is not failing: [`AgentError::Paused`].
//!
//! The model holds no credentials and writes nothing; what it says is data.

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
pub use port::{Answer, Ask, Model, Scope, Unanswered, Usage};
pub use prices::{InvalidPrices, Prices};
pub use schema::{Schema, Shape};
pub use settings::{Dialect, Settings};
