//! The used part of a webhook payload. Every field is optional, and a field of an
//! unexpected type counts as absent: GitHub adds, nulls and retypes fields without
//! notice, and an unused field must not cause a delivery to be lost.

use crate::AuthorKind;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

/// Returns `None` for a field of an unexpected type.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    field: D,
) -> Result<Option<T>, D::Error> {
    let value = serde_json::Value::deserialize(field)?;
    Ok(serde_json::from_value(value).ok())
}

macro_rules! lenient {
    ($(#[$doc:meta])* $name:ident { $($(#[$attr:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Default, Deserialize)]
        #[serde(default)]
        pub(super) struct $name {
            $($(#[$attr])* #[serde(deserialize_with = "lenient")] pub(super) $field: Option<$type>,)*
        }
    };
}

lenient! {
    Payload {
        action: String,
        number: u64,
        before: String,
        #[serde(rename = "ref")] reference: String,
        repository: Repository,
        pull_request: PullRequest,
        issue: Issue,
        comment: Id,
        review: Id,
        check_suite: CheckSuite,
        sha: String,
        state: String,
        sender: User,
        installation: Id,
    }
}

lenient! {
    /// `pull_request`.
    PullRequest {
        number: u64,
        state: String,
        draft: bool,
        head: Head,
        base: BaseRef,
        user: User,
        author_association: String,
        labels: Vec<Label>,
        updated_at: Timestamp,
    }
}

lenient! {
    /// `issue`; it has `pull_request` if it is a pull request.
    Issue {
        number: u64,
        pull_request: serde_json::Map<String, serde_json::Value>,
    }
}

lenient! {
    /// `check_suite`.
    CheckSuite {
        head_sha: String,
        /// Pull requests of this repository whose newest head it is; never those
        /// of a fork.
        pull_requests: Vec<PullRequestNumber>,
    }
}

/// One of `check_suite.pull_requests`.
#[derive(Debug, Deserialize)]
pub(super) struct PullRequestNumber {
    pub(super) number: u64,
}

/// `repository`.
#[derive(Debug, Deserialize)]
pub(super) struct Repository {
    pub(super) full_name: String,
}

/// `pull_request.head`.
#[derive(Debug, Deserialize)]
pub(super) struct Head {
    pub(super) sha: String,
    /// `null` if the fork was deleted.
    #[serde(default, deserialize_with = "lenient")]
    pub(super) repo: Option<Repository>,
}

/// `pull_request.base`.
#[derive(Debug, Deserialize)]
pub(super) struct BaseRef {
    #[serde(rename = "ref")]
    pub(super) reference: String,
    pub(super) sha: String,
}

/// `user`, `sender`.
#[derive(Debug, Deserialize)]
pub(super) struct User {
    pub(super) login: String,
    #[serde(rename = "type", default = "person")]
    pub(super) kind: AuthorKind,
}

fn person() -> AuthorKind {
    AuthorKind::User
}

/// One of `pull_request.labels`.
#[derive(Debug, Deserialize)]
pub(super) struct Label {
    pub(super) name: String,
}

/// Any object identified by its id.
#[derive(Debug, Deserialize)]
pub(super) struct Id {
    pub(super) id: u64,
}
