//! Credentials of a client: a token, or an App's key.

use secrecy::SecretString;
use serde::Serialize;

/// Credentials of a client.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A personal access token, an App's installation token or an Actions token.
    Token(SecretString),
    /// An App, which requests a one-hour token for each repository ("Authenticating
    /// as a GitHub App installation").
    App {
        /// The App's id or its client id.
        id: String,
        /// Private key in PEM, PKCS#1 as issued by GitHub or PKCS#8. Line ends
        /// may be written as `\
        /// `, for variables of one line.
        private_key: SecretString,
        /// Permissions of its tokens.
        permissions: Permissions,
    },
}

/// Level of a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    Read,
    Write,
}

/// Permissions of an installation's token, a subset of the App's ("Create an
/// installation access token for an app", `permissions`).
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
    /// Permissions to read only.
    pub const READER: Self = Self {
        contents: Some(Access::Read),
        pull_requests: Some(Access::Read),
        checks: None,
        statuses: None,
    };

    /// Permissions to publish reviews, comments and checks, and to read those of
    /// others.
    pub const PUBLISHER: Self = Self {
        contents: Some(Access::Read),
        pull_requests: Some(Access::Write),
        checks: Some(Access::Write),
        statuses: Some(Access::Read),
    };
}
