//! Configuration of a client, and the address of the API.

use crate::credentials::Credentials;
use egress::{EndpointError, EndpointProblem};
use secrecy::SecretString;
use std::time::Duration;

/// Default address of GitHub's REST API.
const GITHUB: &str = "https://api.github.com";

/// Configuration of a [`Client`](crate::Client).
#[derive(Debug, Clone)]
pub struct Config {
    /// `https://api.github.com`, or `https://HOST/api/v3` for a GitHub Enterprise
    /// Server. An address outside the internet needs a client that may call it
    /// ([`egress::Client::addresses`]); plain `http` works on loopback only.
    pub api_url: String,
    /// Token, or an App's key.
    pub credentials: Credentials,
    /// User agent, which GitHub requires.
    pub user_agent: String,
    /// Login that the bot posts as, such as `review-bot[bot]`, if known.
    pub bot_login: Option<String>,
    /// Timeout of one attempt, from connecting to the end of the response: 10 s,
    /// measured on the system clock.
    pub timeout: Duration,
}

impl Config {
    /// Returns the configuration for github.com with a token and the default
    /// timeout.
    pub fn new(token: SecretString) -> Self {
        Self::with(Credentials::Token(token))
    }

    /// Returns the configuration for github.com with the default timeout.
    pub fn with(credentials: Credentials) -> Self {
        Self {
            api_url: GITHUB.to_owned(),
            credentials,
            user_agent: concat!("github-bot/", env!("CARGO_PKG_VERSION")).to_owned(),
            bot_login: None,
            timeout: Duration::from_secs(10),
        }
    }
}

/// Reason why the configuration is rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// `api_url` is not the address of a REST API.
    #[error("{url:?}: {reason}")]
    ApiUrl {
        /// The address, without user and password.
        url: String,
        /// Problem with the address.
        reason: String,
    },
    /// The token is empty or contains invalid characters.
    #[error("it is empty or holds characters that cannot be sent")]
    Token,
    /// The App's id is invalid.
    #[error("expected the number, or the client id, on the App's page in GitHub's settings")]
    AppId,
    /// The App's private key is invalid.
    #[error("{reason}; expected the file that GitHub gives under the App's private keys, in PEM")]
    AppKey {
        /// Problem with the key. Contains no part of the key.
        reason: &'static str,
    },
    /// The user agent is not a valid header value.
    #[error("the user agent {0:?} cannot be sent")]
    UserAgent(String),
}

impl From<EndpointError> for ConfigError {
    fn from(error: EndpointError) -> Self {
        let reason = match error.wrong {
            EndpointProblem::NoUrl => format!("not a URL such as {GITHUB}"),
            EndpointProblem::Password => format!("{}; use GITHUB_TOKEN", error.wrong),
            EndpointProblem::NoHost
            | EndpointProblem::Query
            | EndpointProblem::Scheme
            | EndpointProblem::Unencrypted
            | EndpointProblem::Place(_) => error.wrong.to_string(),
        };
        Self::ApiUrl {
            url: error.url,
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use config::Addresses;
    use egress::Endpoint;

    #[test]
    fn rejected_address_names_reason() {
        let told = |url: &str| {
            let error = Endpoint::read(url, Addresses::INTERNET).unwrap_err();
            ConfigError::from(error).to_string()
        };
        insta::assert_snapshot!(told("api.github.com"), @r#""": not a URL such as https://api.github.com"#);
        insta::assert_snapshot!(told("https://me:hunter2@api.github.com"), @r#""https://api.github.com": user and password do not belong here; use GITHUB_TOKEN"#);
        insta::assert_snapshot!(told("https://10.0.0.7/api/v3"), @r#""https://10.0.0.7": an address in a private network; to allow that, set ALLOW_ADDRESSES=private"#);
    }
}
