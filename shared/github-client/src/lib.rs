//! GitHub's REST API over HTTP: [`Client`] implements every port of [`github::port`] for
//! production handlers.
//!
//! ```
//! use config::Addresses;
//! use github_client::{Client, Config};
//! use events::SystemClock;
//! use std::sync::Arc;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = Config {
//!     bot_login: Some("review-bot[bot]".to_owned()),
//!     ..Config::new("read-where-configuration-is-read".into())
//! };
//! let https = egress::client(Addresses::INTERNET)?;
//! let github = Client::new(config, https, Arc::new(SystemClock))?;
//! # Ok(())
//! # }
//! ```
//!
//! # Guarantees
//! - **A write is sent once.** The client never retries `POST` and `PATCH`, even if the
//!   response is lost: the caller looks for the marker first. It tries a `GET` up to
//!   three times when GitHub does not respond or responds with 5xx.
//! - **Rate limits are respected** ("Rate limits for the REST API", "Best practices for
//!   using the REST API"): `retry-after`, else `x-ratelimit-reset` if no calls
//!   remain, else one minute. A `GET` waits for up to five seconds. For a longer
//!   limit, and for any limit on a write, the client returns
//!   [`GitHubError::RateLimited`](github::port::GitHubError::RateLimited) and the caller
//!   waits. A [`Pace`](github::port::Pace) limits the rate of writes.
//! - **Time and size are bounded**: 10 s for one attempt (so about 40 s for a `GET` that
//!   fails three times and waits for limits in between), 20 MiB for a diff or for all
//!   patches, 64 KiB for a file or an error.
//! - **An App's tokens are narrow**: each covers one repository and
//!   [`Permissions`]. The first call about the repository requests it, and the client
//!   caches it until five minutes before expiry. After an early rejection the client
//!   discards the token and repeats a `GET` once; the caller repeats a write.
//! - **The token is sent only to the API**: it is not logged, not shown by `Debug`, not
//!   sent over plain HTTP beyond loopback, and not sent along a redirect to another
//!   host.
//!
//! # Recognising the bot's own reviews
//! [`own_reviews`](github::port::WithdrawReview::own_reviews) finds a review that is
//! already posted. The marker is in the text of a public review, so anyone can copy or
//! guess it and post it to silence the bot. A review therefore counts only if the bot
//! wrote it:
//! - by login, if it is known: from [`Config::bot_login`], from `GET /app` for an App,
//!   from `GET /user` for a personal token, or from the response to a review that this
//!   client posted;
//! - else by account type. Tokens created elsewhere by an App and tokens of GitHub
//!   Actions may not call `GET /user` (403, "Resource not accessible by integration"). In
//!   that case only reviews by accounts of type `Bot` count. An attacker needs an App installed on
//!   the repository for that. Configure the bot's login to close this gap.

mod app;
mod client;
mod config;
mod credentials;
mod identity;
mod limit;
mod link;
mod refusal;
mod transport;
mod wire;

pub use client::Client;
pub use config::{Config, ConfigError};
pub use credentials::{Access, Credentials, Permissions};
