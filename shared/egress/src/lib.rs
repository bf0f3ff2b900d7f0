//! HTTPS clients, and the addresses that they may call.

mod answer;
mod client;
mod endpoint;
mod lookup;
mod place;

pub use answer::{fill, is_refused, reason};
pub use client::{Client, Roots, RootsError, UncheckedClient, builder, client, unguarded};
pub use endpoint::{Endpoint, EndpointError, EndpointProblem};
pub use reqwest::{ClientBuilder, Error};
