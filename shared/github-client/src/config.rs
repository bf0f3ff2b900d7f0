//! What a client is made from, and the address of the API.

use crate::credentials::Credentials;
use reqwest::Url;
use secrecy::SecretString;
use std::time::Duration;

/// Where GitHub's REST API is, unless told otherwise.
const GITHUB: &str = "https://api.github.com";

/// What a [`Client`](crate::Client) is made from.
#[derive(Debug, Clone)]
pub struct Config {
    /// `https://api.github.com`, or `https://HOST/api/v3` of a GitHub Enterprise
    /// Server. Plain `http` is taken for loopback hosts only.
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

/// The address of the API, checked.
#[derive(Debug, Clone)]
pub(crate) struct ApiUrl {
    base: Url,
}

impl ApiUrl {
    pub(crate) fn read(text: &str) -> Result<Self, ConfigError> {
        let wrong = |url: &str, reason: &str| {
            Err(ConfigError::ApiUrl {
                url: url.chars().take(200).collect(),
                reason: reason.to_owned(),
            })
        };
        let Ok(base) = Url::parse(text.trim()) else {
            // It may hold a password that nobody could tell apart: not shown.
            return wrong("", "not a URL such as https://api.github.com");
        };
        let origin = base.origin().ascii_serialization();
        let Some(host) = base.host_str() else {
            return wrong(&origin, "no host");
        };
        if !base.username().is_empty() || base.password().is_some() {
            return wrong(
                &origin,
                "user and password do not belong here; use GITHUB_TOKEN",
            );
        }
        if base.query().is_some() || base.fragment().is_some() {
            return wrong(&origin, "nothing may follow the path");
        }
        match base.scheme() {
            "https" => {}
            "http" if is_loopback(host) => {}
            "http" => {
                return wrong(&origin, "the token would be sent unencrypted; use https");
            }
            _ => return wrong(text, "neither https nor http"),
        }
        Ok(Self { base })
    }

    /// The address of `path`, which begins with `/` and holds nothing to escape.
    pub(crate) fn at(&self, path: &str, query: Option<&str>) -> Url {
        let mut url = self.base.clone();
        let base = self.base.path().trim_end_matches('/');
        url.set_path(&format!("{base}{path}"));
        url.set_query(query);
        url
    }

    /// `location` as seen from `from`, if it is still the API's scheme, host and
    /// port: the token must not go anywhere else.
    pub(crate) fn follow(&self, from: &Url, location: &str) -> Option<Url> {
        let url = from.join(location).ok()?;
        (url.origin() == self.base.origin()).then_some(url)
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_url_is_checked_when_the_client_is_made() {
        for (why, url, good) in [
            ("GitHub's own", "https://api.github.com", true),
            ("a slash at the end", "https://api.github.com/", true),
            (
                "GitHub Enterprise Server",
                "https://git.example.com/api/v3",
                true,
            ),
            ("loopback may be plain", "http://127.0.0.1:4010", true),
            ("loopback, IPv6", "http://[::1]:4010", true),
            ("loopback by name", "http://localhost:4010/api/v3/", true),
            (
                "the token in clear text",
                "http://git.example.com/api/v3",
                false,
            ),
            ("looks like loopback", "http://127.0.0.1.example.com", false),
            ("no scheme", "api.github.com", false),
            ("another scheme", "ftp://api.github.com", false),
            ("a user", "https://me@api.github.com", false),
            ("a query", "https://api.github.com?a=b", false),
            ("empty", "", false),
        ] {
            assert_eq!(ApiUrl::read(url).is_ok(), good, "{why}: {url}");
        }
    }

    #[test]
    fn a_password_in_the_url_is_not_repeated() {
        for url in ["https://me:hunter2@api.github.com", "https://me:hunter2@ /"] {
            let error = ApiUrl::read(url).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn paths_are_put_behind_the_base() {
        for (base, want) in [
            (
                "https://api.github.com",
                "https://api.github.com/user?page=2",
            ),
            (
                "https://git.example.com/api/v3/",
                "https://git.example.com/api/v3/user?page=2",
            ),
        ] {
            let url = ApiUrl::read(base).unwrap().at("/user", Some("page=2"));
            assert_eq!(url.as_str(), want);
        }
    }

    #[test]
    fn the_token_stays_with_the_host() {
        let api = ApiUrl::read("https://api.github.com").unwrap();
        let from = api.at("/repos/octo/widgets/pulls/7", None);
        for (why, location, good) in [
            (
                "renamed",
                "https://api.github.com/repositories/1/pulls/7",
                true,
            ),
            ("relative", "/repositories/1/pulls/7", true),
            ("another host", "https://evil.example/", false),
            ("another host, no scheme", "//evil.example/", false),
            ("unencrypted", "http://api.github.com/repositories/1", false),
            ("another port", "https://api.github.com:8443/", false),
            (
                "a host that begins alike",
                "https://api.github.com.evil.example/",
                false,
            ),
            (
                "a host behind a user",
                "https://api.github.com@evil.example/",
                false,
            ),
            ("not a URL", "https://[", false),
        ] {
            assert_eq!(api.follow(&from, location).is_some(), good, "{why}");
        }
    }
}
