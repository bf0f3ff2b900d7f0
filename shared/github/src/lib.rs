//! GitHub's words: the [keys](key) that name a pull request and a head, the
//! [deliveries](delivery) of its webhooks and the topics they are said under,
//! and the narrow [ports](port) to its REST API that handlers are given.

pub mod delivery;
pub mod key;
pub mod port;
pub mod pull_request;

pub use delivery::{Delivery, Reference};
pub use key::{HeadSha, InvalidKey, PrKey, RepoName};
pub use pull_request::{Author, AuthorKind, Base, PullRequestChanged};
