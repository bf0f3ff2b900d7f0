//! GitHub types: the [keys](key) that name a pull request and a head, the webhook
//! [deliveries](delivery) and their topics, and the narrow [ports](port) to the REST API
//! that handlers depend on.

pub mod delivery;
pub mod key;
pub mod port;
pub mod pull_request;

pub use delivery::{Delivery, Reference};
pub use key::{HeadSha, InvalidKey, PrKey, RepoName};
pub use pull_request::{Author, AuthorKind, Base, PullRequestChanged};
