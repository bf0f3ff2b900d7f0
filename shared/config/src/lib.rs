//! Reads the environment in one place, with the same variables on one machine and on AWS. Missing
//! or wrong variables are reported at start-up.

use secrecy::{ExposeSecret, SecretString};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::path::Path;

/// Environment of the process at its start.
#[derive(Clone, Default)]
pub struct Environment(HashMap<String, SecretString>);

/// Variable that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {problem}")]
pub struct ConfigError {
    /// Name of the variable.
    pub variable: Cow<'static, str>,
    /// Problem and expected value. Never repeats a secret.
    pub problem: String,
}

impl ConfigError {
    /// Creates an error of `variable`.
    pub fn new(variable: impl Into<Cow<'static, str>>, problem: impl fmt::Display) -> Self {
        Self {
            variable: variable.into(),
            problem: problem.to_string(),
        }
    }
}

/// URL of GitHub's REST API if `GITHUB_API_URL` is not set.
pub const GITHUB_API_URL: &str = "https://api.github.com";

/// URL of the model's API if `KIMI_BASE_URL` is not set ("Kimi API", "Quickstart").
pub const KIMI_BASE_URL: &str = "https://api.moonshot.ai/v1";

/// Id of the model if `KIMI_MODEL` is not set.
pub const KIMI_MODEL: &str = "kimi-k3.1-pro";

/// Variable with the [`Addresses`].
pub const ALLOW_ADDRESSES: &str = "ALLOW_ADDRESSES";

/// Ends of the names of variables that hold secrets, or references to secrets.
const SECRETS: [&str; 3] = ["_SECRET", "_TOKEN", "_KEY"];

impl Environment {
    /// Reads the environment of this process. A variable that is not Unicode counts as absent.
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn read() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// Returns the secret that `variable` holds.
    ///
    /// # Errors
    /// [`ConfigError`] if it is not set.
    pub fn secret(&self, variable: &'static str) -> Result<SecretString, ConfigError> {
        self.required(variable, "the secret that the sender shares with the bot")
            .cloned()
    }

    /// Returns `GITHUB_TOKEN`.
    ///
    /// # Errors
    /// [`ConfigError`] if it is not set.
    pub fn github_token(&self) -> Result<SecretString, ConfigError> {
        let expected = "a token with read access to contents and write access to pull requests, \
                        or an App's GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY";
        self.required("GITHUB_TOKEN", expected).cloned()
    }

    /// Returns `GITHUB_APP_ID` and `GITHUB_APP_PRIVATE_KEY`; `None` if neither is set.
    ///
    /// # Errors
    /// [`ConfigError`] names the one that is missing.
    pub fn github_app(&self) -> Result<Option<App>, ConfigError> {
        const KEY: &str = "GITHUB_APP_PRIVATE_KEY";
        let id = self.text("GITHUB_APP_ID");
        if id.is_none() && self.text(KEY).is_none() {
            return Ok(None);
        }
        let beside = "the App's id, beside GITHUB_APP_PRIVATE_KEY";
        let id = id.ok_or_else(|| {
            ConfigError::new("GITHUB_APP_ID", format!("not set; expected {beside}"))
        })?;
        let key = self.required(KEY, "the App's private key in PEM, beside GITHUB_APP_ID")?;
        Ok(Some(App {
            id: id.to_owned(),
            private_key: key.clone(),
        }))
    }

    /// Returns `GITHUB_API_URL`, by default GitHub's own.
    pub fn github_api_url(&self) -> &str {
        self.text("GITHUB_API_URL").unwrap_or(GITHUB_API_URL)
    }

    /// Returns `KIMI_API_KEY`; without it no model is used.
    pub fn kimi_api_key(&self) -> Option<SecretString> {
        self.text("KIMI_API_KEY").map(SecretString::from)
    }

    /// Returns `KIMI_BASE_URL`, the prefix of `/chat/completions`, by default Kimi's own.
    pub fn kimi_base_url(&self) -> &str {
        self.text("KIMI_BASE_URL").unwrap_or(KIMI_BASE_URL)
    }

    /// Returns `KIMI_MODEL`, the id of the model.
    pub fn kimi_model(&self) -> &str {
        self.text("KIMI_MODEL").unwrap_or(KIMI_MODEL)
    }

    /// Returns `WEBHOOK_ADDRESSES`: the address ranges that may send deliveries, in CIDR notation,
    /// joined by commas. All may if it is empty.
    pub fn webhook_addresses(&self) -> &str {
        self.text("WEBHOOK_ADDRESSES").unwrap_or_default()
    }

    /// Returns `KIMI_PRICES`: `model=input/cached/output` in dollars for a million tokens, several
    /// joined by commas.
    pub fn kimi_prices(&self) -> Option<&str> {
        self.text("KIMI_PRICES")
    }

    /// Returns `REVIEW_POLICY`: the deployment's review settings in TOML. The crate `policy` parses
    /// them.
    pub fn review_policy(&self) -> Option<&str> {
        self.text("REVIEW_POLICY")
    }

    /// Returns `EVENT_BUS_NAME`, the name of the EventBridge bus.
    ///
    /// # Errors
    /// [`ConfigError`] if it is not set.
    pub fn event_bus_name(&self) -> Result<&str, ConfigError> {
        self.required("EVENT_BUS_NAME", "the name of the EventBridge bus")
            .map(ExposeSecret::expose_secret)
    }

    /// Returns `STATE_URL`: `dynamodb://table`, `sqlite://path`, `redis://…` or `memory:`.
    ///
    /// # Errors
    /// [`ConfigError`] if it is not set.
    pub fn state_url(&self) -> Result<&str, ConfigError> {
        self.required(
            "STATE_URL",
            "the location of the state, such as dynamodb://table",
        )
        .map(ExposeSecret::expose_secret)
    }

    /// Reads `ALLOW_ADDRESSES`: `loopback`, `private`, or both joined by a comma. Empty allows the
    /// internet only.
    ///
    /// # Errors
    /// [`ConfigError`] if it has another value.
    pub fn allow_addresses(&self) -> Result<Addresses, ConfigError> {
        let mut allowed = Addresses::default();
        let Some(text) = self.text(ALLOW_ADDRESSES) else {
            return Ok(allowed);
        };
        for word in text.split(',').map(str::trim) {
            match word {
                "loopback" => allowed.loopback = true,
                "private" => allowed.private = true,
                _ => {
                    let problem = format!(
                        "{word:?}: expected loopback, private or both, as in loopback,private"
                    );
                    return Err(ConfigError::new(ALLOW_ADDRESSES, problem));
                }
            }
        }
        Ok(allowed)
    }

    /// Returns `EXTRA_CA_CERTS`: a PEM file of root certificates that a function trusts besides
    /// Mozilla's, such as a GitHub Enterprise Server's.
    pub fn extra_ca_certs(&self) -> Option<&Path> {
        self.text("EXTRA_CA_CERTS").map(Path::new)
    }

    /// Returns `DEAD_LETTER_QUEUE_URL`, the queue for events that a function on AWS cannot handle.
    pub fn dead_letter_queue_url(&self) -> Option<&str> {
        self.text("DEAD_LETTER_QUEUE_URL")
    }

    /// Returns `QUEUE_URL`, the queue that delivers events to a function on AWS. The function sets
    /// the time of the next attempt there.
    pub fn queue_url(&self) -> Option<&str> {
        self.text("QUEUE_URL")
    }

    /// Reads `MAX_RECEIVE_COUNT`: the maximum number of deliveries of a message to a function on
    /// AWS, equal to the one in the queue's redrive policy.
    ///
    /// # Errors
    /// [`ConfigError`] if it is not a number.
    pub fn max_receive_count(&self) -> Result<Option<u32>, ConfigError> {
        const VARIABLE: &str = "MAX_RECEIVE_COUNT";
        let wrong = |error| ConfigError::new(VARIABLE, format!("expected a whole number: {error}"));
        let text = self.text(VARIABLE);
        text.map(|text| text.parse().map_err(wrong)).transpose()
    }

    /// Returns the variables that hold secrets, with their values: the secret, or on AWS a
    /// reference to it.
    pub fn secrets(&self) -> impl Iterator<Item = (&str, &str)> {
        let variables = self.0.iter();
        variables.filter_map(|(variable, value)| {
            let is_secret = SECRETS.iter().any(|end| variable.ends_with(end));
            is_secret.then(|| (variable.as_str(), value.expose_secret()))
        })
    }

    /// Sets `variable` to `secret`.
    pub fn set(&mut self, variable: &str, secret: SecretString) {
        self.0.insert(variable.to_owned(), secret);
    }

    /// Returns `RUST_LOG`, by default `info`.
    pub fn log_filter(&self) -> &str {
        self.log_filter_or("info")
    }

    /// Returns `RUST_LOG`, or `default` if it is not set.
    pub fn log_filter_or<'a>(&'a self, default: &'a str) -> &'a str {
        self.text("RUST_LOG").unwrap_or(default)
    }

    /// Returns whether `NO_COLOR` ("no-color.org") is set and not empty.
    pub fn no_color(&self) -> bool {
        self.text("NO_COLOR").is_some()
    }

    /// Returns `COLUMNS`, the width of the terminal, if it is a number from 1.
    pub fn columns(&self) -> Option<usize> {
        let columns: usize = self.text("COLUMNS")?.parse().ok()?;
        (columns > 0).then_some(columns)
    }

    /// Returns the variables that AWS sets for every function: region and credentials, and the
    /// endpoint of an emulator, if one replaces AWS.
    ///
    /// # Errors
    /// [`ConfigError`] names the one that is missing.
    pub fn aws(&self) -> Result<Aws, ConfigError> {
        let expected = "set by Lambda; for an emulator, any text";
        Ok(Aws {
            region: self
                .required("AWS_REGION", "an AWS region, such as eu-central-1")?
                .expose_secret()
                .to_owned(),
            endpoint_url: self.text("AWS_ENDPOINT_URL").map(ToOwned::to_owned),
            access_key_id: self
                .required("AWS_ACCESS_KEY_ID", expected)?
                .expose_secret()
                .to_owned(),
            secret_access_key: self.required("AWS_SECRET_ACCESS_KEY", expected)?.clone(),
            session_token: self.0.get("AWS_SESSION_TOKEN").cloned(),
        })
    }

    fn text(&self, variable: &str) -> Option<&str> {
        let value = self.0.get(variable)?.expose_secret();
        (!value.is_empty()).then_some(value)
    }

    fn required(
        &self,
        variable: &'static str,
        expected: &str,
    ) -> Result<&SecretString, ConfigError> {
        match self.0.get(variable) {
            Some(value) if !value.expose_secret().is_empty() => Ok(value),
            _ => Err(ConfigError::new(
                variable,
                format!("not set; expected {expected}"),
            )),
        }
    }
}

impl<K: Into<String>, V: Into<SecretString>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

/// Places besides the internet where an API with a configured address may be. Link-local addresses
/// and metadata services of clouds are always excluded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Addresses {
    /// On this machine, also unencrypted.
    pub loopback: bool,
    /// In a private network, such as a GitHub Enterprise Server's.
    pub private: bool,
}

impl Addresses {
    /// The internet only.
    pub const INTERNET: Self = Self {
        loopback: false,
        private: false,
    };
    /// The internet and this machine.
    pub const LOOPBACK: Self = Self {
        loopback: true,
        private: false,
    };
    /// The internet and private networks.
    pub const PRIVATE: Self = Self {
        loopback: false,
        private: true,
    };
}

/// App as shown in GitHub's settings.
#[derive(Debug, Clone)]
pub struct App {
    /// `GITHUB_APP_ID`.
    pub id: String,
    /// `GITHUB_APP_PRIVATE_KEY`: PEM, whose line ends may be written as `\n`.
    pub private_key: SecretString,
}

/// Region, credentials and endpoint, named as in the AWS SDKs ("Environment variables support").
#[derive(Debug, Clone)]
pub struct Aws {
    /// `AWS_REGION`.
    pub region: String,
    /// `AWS_ENDPOINT_URL`.
    pub endpoint_url: Option<String>,
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: SecretString,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: Option<SecretString>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_names_missing_variable() {
        let empty = Environment::from_iter([("STATE_URL", "")]);
        insta::assert_snapshot!(empty.secret("GITHUB_WEBHOOK_SECRET").unwrap_err(), @"GITHUB_WEBHOOK_SECRET: not set; expected the secret that the sender shares with the bot");
        insta::assert_snapshot!(empty.state_url().unwrap_err(), @"STATE_URL: not set; expected the location of the state, such as dynamodb://table");
        insta::assert_snapshot!(empty.aws().unwrap_err(), @"AWS_REGION: not set; expected an AWS region, such as eu-central-1");
    }

    #[test]
    fn app_needs_id_and_key() {
        let app = |set: &[(&'static str, &'static str)]| {
            Environment::from_iter(set.iter().copied()).github_app()
        };
        let (id, key) = (("GITHUB_APP_ID", "7"), ("GITHUB_APP_PRIVATE_KEY", "pem"));
        assert!(matches!(app(&[]), Ok(None)), "neither");
        assert!(
            matches!(app(&[("GITHUB_APP_ID", "")]), Ok(None)),
            "empty is not set"
        );
        let both = app(&[id, key]).unwrap().unwrap();
        assert_eq!(
            (both.id.as_str(), both.private_key.expose_secret()),
            ("7", "pem")
        );
        insta::assert_snapshot!(app(&[id]).unwrap_err(), @"GITHUB_APP_PRIVATE_KEY: not set; expected the App's private key in PEM, beside GITHUB_APP_ID");
        insta::assert_snapshot!(app(&[key]).unwrap_err(), @"GITHUB_APP_ID: not set; expected the App's id, beside GITHUB_APP_PRIVATE_KEY");
    }

    #[test]
    fn reads_set_variables_and_defaults() {
        let set = Environment::from_iter([("STATE_URL", "dynamodb://bot"), ("NO_COLOR", "1")]);
        assert_eq!(set.state_url(), Ok("dynamodb://bot"));
        assert_eq!(set.github_api_url(), GITHUB_API_URL);
        assert!(set.no_color());
        assert_eq!(set.review_policy(), None);
        let set = Environment::from_iter([("REVIEW_POLICY", "publish = false")]);
        assert_eq!(set.review_policy(), Some("publish = false"));
        assert!(!Environment::default().no_color());
        for (text, columns) in [("80", Some(80)), ("0", None), ("wide", None)] {
            let set = Environment::from_iter([("COLUMNS", text)]);
            assert_eq!(set.columns(), columns, "{text}");
        }
    }

    #[test]
    fn allows_only_internet_by_default() {
        let read = |text| Environment::from_iter([(ALLOW_ADDRESSES, text)]).allow_addresses();
        for (text, loopback, private) in [
            ("", false, false),
            ("loopback", true, false),
            ("private", false, true),
            ("loopback,private", true, true),
            ("private, loopback", true, true),
        ] {
            assert_eq!(read(text), Ok(Addresses { loopback, private }), "{text:?}");
        }
        let unset = Environment::default().allow_addresses();
        assert_eq!(unset, Ok(Addresses::default()));
        for text in [
            "all",
            "Loopback",
            "loopback private",
            "loopback,",
            "10.0.0.0/8",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        insta::assert_snapshot!(read("loopback,any").unwrap_err(), @r#"ALLOW_ADDRESSES: "any": expected loopback, private or both, as in loopback,private"#);
    }

    #[test]
    fn model_needs_only_its_key() {
        let set = Environment::from_iter([("KIMI_API_KEY", "sk-1"), ("KIMI_MODEL", "")]);
        let key = set.kimi_api_key().map(|key| key.expose_secret().to_owned());
        assert_eq!(key.as_deref(), Some("sk-1"));
        assert_eq!(set.kimi_base_url(), KIMI_BASE_URL);
        assert_eq!(set.kimi_model(), KIMI_MODEL, "set to nothing is not set");
        assert_eq!(set.kimi_prices(), None);
        assert!(Environment::default().kimi_api_key().is_none());
        let secrets: Vec<_> = set.secrets().collect();
        assert_eq!(secrets, [("KIMI_API_KEY", "sk-1")], "it may be a reference");
    }
}
