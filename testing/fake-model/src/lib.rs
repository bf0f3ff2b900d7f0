//! A simulated model server: Kimi's "Create Chat Completion" over HTTP, for tests.
//!
//! It refuses what Kimi documents that it refuses, with Kimi's status and error type,
//! answers what the test has told it to, computes usage, and keeps every request, so
//! that a test that passes here says something about Kimi.
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
//! [`serve`] it on loopback, and give its address and [`ModelWorld::key`] to a client.

mod answer;
mod http;
mod request;
mod rules;
mod world;

pub use answer::Reply;
pub use http::{router, serve};
pub use request::Request;
pub use world::ModelWorld;
