//! A simulated GitHub: the *world* that tests and `--simulate` play in.
//!
//! It stands at GitHub's edge. Towards the house it speaks GitHub's webhooks
//! ([`WebhookDelivery`], in the payload shapes of "Webhook events and payloads")
//! and answers the calls that the house makes: [in process](ProcessGitHub)
//! through the ports of [`github::port`], or over HTTP (feature `http`).
//! It refuses what GitHub documents that it refuses, with GitHub's status and
//! message, so that a test that passes here says something about GitHub.
//!
//! Tests tell a story and then look at what GitHub would show:
//!
//! ```
//! use github::port::{PublishReview, ReviewEvent};
//! use github_world::{NewPullRequest, World};
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
//! Time comes from the [`ports::Clock`] and every GUID, SHA and id from the seed:
//! the same story gives the same bytes.

mod adopt;
mod answer;
mod call;
mod check;
mod comment;
mod contents;
mod delivery;
mod fault;
mod files;
#[cfg(feature = "http")]
mod http;
mod hunks;
mod languages;
mod limit;
mod model;
mod payload;
mod port;
mod rules;
mod since;
mod status;
mod story;
mod suite;
mod world;

pub use adopt::AdoptError;
pub use call::{Call, Write};
pub use check::PostedCheck;
pub use comment::PostedComment;
pub use delivery::WebhookDelivery;
pub use fault::Fault;
#[cfg(feature = "http")]
pub use http::{HttpRequest, NewApp, operations, router, serve};
pub use hunks::MalformedDiff;
pub use limit::Limit;
pub use model::{Account, PostedReview};
pub use port::ProcessGitHub;
pub use status::StatusState;
pub use story::NewPullRequest;
pub use world::World;
