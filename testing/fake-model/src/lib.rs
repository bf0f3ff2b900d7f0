//! Simulated model server for tests: Kimi's "Create Chat Completion" over HTTP.
//!
//! The server rejects the same requests as Kimi's documentation, with Kimi's status and error type.
//! It sends scripted replies, computes usage and records every request. A client that passes a test
//! here follows Kimi's documented protocol.
//!
//! ```
//! use fake_model::{ModelWorld, Reply};
//! use serde_json::json;
//!
//! let world = ModelWorld::new(std::sync::Arc::new(events::SystemClock));
//! world.then(Reply::Overloaded { retry_after: None });
//! world.then(Reply::Json(json!({"findings": []})));
//! world.otherwise(|request| Reply::Text(format!("{} messages", request.messages().len())));
//! ```
//!
//! [`serve`] it on loopback, and pass its address and [`ModelWorld::key`] to a client.

mod answer;
mod http;
mod request;
mod rules;
mod world;

pub use answer::Reply;
pub use http::{router, serve};
pub use request::Request;
pub use world::ModelWorld;
