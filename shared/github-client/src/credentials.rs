//! What a client calls with: a token, or an App's key.

use secrecy::SecretString;
use serde::Serialize;

/// What a client calls with.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A personal access token, an App's installation token or an Actions token.
    Token(SecretString),
    /// An App, which asks for a token of an hour for each repository
    /// ("Authenticating as a GitHub App installation").
    App {
        /// The App's id or its client id.
        id: String,
        /// Its private key in PEM, PKCS#1 as GitHub gives it or PKCS#8. Line ends
        /// may be written `\n`, as in variables of one line.
        private_key: SecretString,
        /// What its tokens are good for.
        permissions: Permissions,
    },
}

/// How far a permission goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Reading.
    Read,
    /// Reading and writing.
    Write,
}

/// What an installation's token is good for, of all that the App may do
/// ("Create an installation access token for an app", `permissions`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Permissions {
    /// Files, comparisons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contents: Option<Access>,
    /// Pull requests, their reviews and comments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_requests: Option<Access>,
    /// Check runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checks: Option<Access>,
    /// Commit statuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statuses: Option<Access>,
}

impl Permissions {
    /// For who reads only.
    pub const READER: Self = Self {
        contents: Some(Access::Read),
        pull_requests: Some(Access::Read),
        checks: None,
        statuses: None,
    };

    /// For who publishes reviews, comments and checks, and looks at those of others.
    pub const PUBLISHER: Self = Self {
        contents: Some(Access::Read),
        pull_requests: Some(Access::Write),
        checks: Some(Access::Write),
        statuses: Some(Access::Read),
    };
}
