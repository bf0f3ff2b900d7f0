//! What a client is made from, and the address of the API.

use crate::credentials::Credentials;
use https::{EndpointError, Wrong};
use secrecy::SecretString;
use std::time::Duration;

/// Where GitHub's REST API is, unless told otherwise.
const GITHUB: &str = "https://api.github.com";

/// What a [`Client`](crate::Client) is made from.
#[derive(Debug, Clone)]
pub struct Config {
    /// `https://api.github.com`, or `https://HOST/api/v3` of a GitHub Enterprise
    /// Server. One that is not on the internet is taken where the client that calls it
    /// may call it ([`https::Client::addresses`]), plain `http` on loopback only.
    pub api_url: String,
    /// A token, or an App's key.
    pub credentials: Credentials,
    /// GitHub refuses calls without one.
    pub user_agent: String,
    /// The login that is posted as, such as `review-bot[bot]`, if known.
    pub bot_login: Option<String>,
    /// For one attempt, from the connection to the end of the answer: 10 s, on the
    /// machine's own clock.
    pub timeout: Duration,
}

impl Config {
    /// GitHub itself by a token, with the usual timeouts.
    pub fn new(token: SecretString) -> Self {
        Self::with(Credentials::Token(token))
    }

    /// GitHub itself, with the usual timeouts.
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

/// Why no client can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// `api_url` is no address of a REST API.
    #[error("{url:?}: {reason}")]
    ApiUrl {
        /// What it says, without user and password.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The token is empty, or holds characters that no token has.
    #[error("it is empty or holds characters that cannot be sent")]
    Token,
    /// The App's id is none.
    #[error("expected the number, or the client id, on the App's page in GitHub's settings")]
    AppId,
    /// The App's private key is none.
    #[error("{reason}; expected the file that GitHub gives under the App's private keys, in PEM")]
    AppKey {
        /// What is wrong with it. Holds nothing of the key.
        reason: &'static str,
    },
    /// The user agent cannot be sent.
    #[error("the user agent {0:?} cannot be sent")]
    UserAgent(String),
}

impl From<EndpointError> for ConfigError {
    fn from(error: EndpointError) -> Self {
        let reason = match error.wrong {
            Wrong::NoUrl => format!("not a URL such as {GITHUB}"),
            Wrong::Password => format!("{}; use GITHUB_TOKEN", error.wrong),
            Wrong::NoHost | Wrong::Query | Wrong::Scheme | Wrong::Unencrypted | Wrong::Place(_) => {
                error.wrong.to_string()
            }
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
    use https::Endpoint;

    #[test]
    fn an_address_is_refused_in_githubs_words() {
        let told = |url: &str| {
            let error = Endpoint::read(url, Addresses::INTERNET).unwrap_err();
            ConfigError::from(error).to_string()
        };
        insta::assert_snapshot!(told("api.github.com"), @r#""": not a URL such as https://api.github.com"#);
        insta::assert_snapshot!(told("https://me:hunter2@api.github.com"), @r#""https://api.github.com": user and password do not belong here; use GITHUB_TOKEN"#);
        insta::assert_snapshot!(told("https://10.0.0.7/api/v3"), @r#""https://10.0.0.7": an address in a private network; to allow that, set ALLOW_ADDRESSES=private"#);
    }
}
