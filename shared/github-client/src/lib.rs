//! GitHub's REST API over HTTP: [`Client`] is every port of [`github::port`], for
//! handlers that run for real.
//!
//! ```
//! use config::Addresses;
//! use github_client::{Client, Config};
//! use ports::SystemClock;
//! use std::sync::Arc;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = Config {
//!     bot_login: Some("review-bot[bot]".to_owned()),
//!     ..Config::new("read-where-configuration-is-read".into())
//! };
//! let https = https::client(Addresses::INTERNET)?;
//! let github = Client::new(config, https, Arc::new(SystemClock))?;
//! # Ok(())
//! # }
//! ```
//!
//! # What it promises
//! - **A write is sent once.** `POST` and `PATCH` are never tried again, whatever
//!   happens to their answer: the caller looks for the marker first. `GET`s are tried up to
//!   three times when GitHub does not answer or answers 5xx.
//! - **Limits are honoured** ("Rate limits for the REST API", "Best practices for
//!   using the REST API"): `retry-after`, else `x-ratelimit-reset` when nothing
//!   remains, else a minute. A `GET` waits by itself for up to five seconds;
//!   anything longer, and any limit on a write, is the caller's to wait for, as
//!   [`GitHubError::RateLimited`](github::port::GitHubError::RateLimited). Writes
//!   of one client go one after the other, at least a second apart.
//! - **Bounded.** 10 s for an attempt with its answer (so about
//!   40 s for a `GET` that fails three times with limits waited out in between),
//!   20 MiB for a diff or for all patches, 64 KiB for a file
//!   or an error.
//! - **An App's tokens are narrow**: each is for one repository and for
//!   [`Permissions`], is made when the first call about the repository needs it,
//!   and is kept until five minutes before it ends. One that is refused earlier is
//!   forgotten; a `GET` is then made once more, a write is the caller's to repeat.
//! - **The token goes to the API and nowhere else**: not into logs, not into
//!   `Debug`, not over plain HTTP beyond loopback, not along a redirect to
//!   another host.
//!
//! # Whose review is it
//! [`find_review`](github::port::PublishReview::find_review) answers "did I post
//! this already". The marker is in the text of a public review, so anyone can
//! copy it, or guess it, and post it to keep the bot silent. A review therefore
//! counts only if the bot itself wrote it:
//! - by login, where the login is known: from [`Config::bot_login`], from
//!   `GET /app` for an App, from `GET /user` for a person's token, or from the answer to a review that this
//!   client posted;
//! - else by account type. Tokens that an App has made elsewhere and those of GitHub Actions may not ask
//!   `GET /user` (403, "Resource not accessible by integration"); then only
//!   reviews by accounts of type `Bot` count. A stranger cannot have one without
//!   an App that is installed on the repository. Name the bot's login to close
//!   that gap as well.

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
