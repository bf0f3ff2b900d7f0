//! A simulated GitHub, the *world*, used by tests and `--simulate`.
//!
//! It replaces GitHub at its API boundary. It sends webhooks ([`WebhookDelivery`], in
//! the payload formats of "Webhook events and payloads") and answers API calls: [in
//! process](ProcessGitHub) through the ports of [`github::port`], or over HTTP (feature
//! `http`). It rejects requests for the documented reasons, with GitHub's status and
//! message, so that a passing test also holds for GitHub.
//!
//! A test simulates user actions and then asserts the visible result:
//!
//! ```
//! use github::port::{PublishReview, ReviewEvent};
//! use fake_github::{NewPullRequest, World};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let world = World::seeded(7);
//! let opened = world.open_pull_request(NewPullRequest {
//!     diff: "diff --git a/a.rs b/a.rs\n--- a/a.rs\n+++ b/a.rs\n@@ -1 +1 @@\n-old\n+new\n".into(),
//!     ..NewPullRequest::default()
//! });
//! let pr = opened.pr.ok_or("a pull request")?;
//! assert_eq!(opened.event, "pull_request");
//!
//! let review = github::port::NewReview {
//!     commit_id: world.head(&pr),
//!     event: ReviewEvent::Comment,
//!     body: "Looks good".into(),
//!     comments: vec![],
//! };
//! world.github().create_review(&pr, &review).await?;
//! assert_eq!(world.reviews(&pr).len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! Time comes from [`events::Clock`], and every GUID, SHA and id comes from the seed: the
//! same steps produce the same bytes.

mod adopt;
mod answer;
#[cfg(feature = "http")]
mod app;
mod call;
mod check;
mod comment;
mod compare;
mod contents;
mod conversation;
mod delivery;
mod edit;
mod fault;
mod files;
#[cfg(feature = "http")]
mod http;
mod hunks;
mod languages;
mod limit;
mod model;
#[cfg(feature = "page")]
mod page;
mod payload;
mod port;
mod pull_request;
mod repository;
#[cfg(feature = "http")]
mod request;
mod review;
mod rules;
mod status;
mod story;
mod suite;
mod world;

pub use adopt::AdoptError;
#[cfg(feature = "http")]
pub use app::NewApp;
pub use call::{Call, WriteRequest};
pub use conversation::PullRequestPage;
pub use delivery::WebhookDelivery;
pub use fault::Fault;
#[cfg(feature = "http")]
pub use http::{operations, router, serve};
pub use hunks::MalformedDiff;
pub use limit::Limit;
pub use model::{Account, PostedCheck, PostedComment, PostedReview, StatusState};
#[cfg(feature = "page")]
pub use page::{serve_site, site};
pub use port::ProcessGitHub;
#[cfg(feature = "http")]
pub use request::HttpRequest;
pub use story::NewPullRequest;
pub use world::World;
