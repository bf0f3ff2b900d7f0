//! Settings of an agent.

use crate::Prices;
use config::{Addresses, ConfigError, Environment};
use egress::Endpoint;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// Maximum characters of a model's id.
const LONGEST_MODEL: usize = 200;

/// Fields that an endpoint accepts in addition to the common "Chat Completions" fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Kimi's own endpoint: `reasoning_effort` for models that always reason, `thinking` for models
    /// with optional reasoning.
    Kimi,
    /// Any other endpoint.
    Plain,
}

/// Settings of an [`Agent`](crate::Agent).
#[derive(Debug, Clone)]
pub struct Settings {
    /// API key, sent as a bearer token.
    pub key: SecretString,
    /// URL that contains `/chat/completions`: `https`, or `http` on loopback. A private address
    /// requires a client that may call it.
    pub base_url: String,
    /// Id of the model.
    pub model: String,
    /// Prices of models.
    pub prices: Prices,
    /// Dialect of the endpoint. `None` selects [`Dialect::Kimi`] on Moonshot's hosts, otherwise
    /// [`Dialect::Plain`].
    pub dialect: Option<Dialect>,
    /// Maximum output tokens, including reasoning.
    pub max_completion_tokens: u64,
    /// Minimum remaining time for a call. A shorter call would be charged and cut off.
    pub least_time: Duration,
}

impl Settings {
    /// Creates settings for Kimi's endpoint and the default model.
    pub fn new(key: SecretString) -> Self {
        Self {
            key,
            base_url: config::KIMI_BASE_URL.to_owned(),
            model: config::KIMI_MODEL.to_owned(),
            prices: Prices::default(),
            dialect: None,
            max_completion_tokens: 32_768,
            least_time: Duration::from_secs(5),
        }
    }

    /// Reads the settings from the environment. Returns `None` without `KIMI_API_KEY`.
    ///
    /// # Errors
    /// [`ConfigError`] if `KIMI_PRICES` is invalid.
    pub fn from_environment(environment: &Environment) -> Result<Option<Self>, ConfigError> {
        let Some(key) = environment.kimi_api_key() else {
            return Ok(None);
        };
        let prices = environment.kimi_prices().unwrap_or_default();
        let wrong = |error| ConfigError::new("KIMI_PRICES", error);
        Ok(Some(Self {
            base_url: environment.kimi_base_url().to_owned(),
            model: environment.kimi_model().to_owned(),
            prices: prices.parse().map_err(wrong)?,
            ..Self::new(key)
        }))
    }

    /// Checks the settings for a client that may call `addresses` as well as the internet.
    pub(crate) fn check(&self, addresses: Addresses) -> Result<(Endpoint, Dialect), ConfigError> {
        let endpoint = Endpoint::read(&self.base_url, addresses);
        let endpoint = endpoint.map_err(|error| ConfigError::new("KIMI_BASE_URL", error))?;
        let key = self.key.expose_secret();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let problem = "it is empty or holds characters that cannot be sent";
            return Err(ConfigError::new("KIMI_API_KEY", problem));
        }
        let model = &self.model;
        let visible = model.bytes().all(|byte| byte.is_ascii_graphic());
        if model.is_empty() || model.len() > LONGEST_MODEL || !visible {
            let problem = "expected a model's id, such as kimi-k3.1-pro";
            return Err(ConfigError::new("KIMI_MODEL", problem));
        }
        let dialect = self.dialect.unwrap_or_else(|| dialect_of(endpoint.host()));
        Ok((endpoint, dialect))
    }
}

fn dialect_of(host: &str) -> Dialect {
    let host = host.trim_end_matches('.');
    let of = |domain: &str| {
        host.strip_suffix(domain)
            .is_some_and(|sub| sub.ends_with('.'))
    };
    if of("moonshot.ai") || of("moonshot.cn") {
        Dialect::Kimi
    } else {
        Dialect::Plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kimi_fields_go_to_kimi_hosts() {
        for (host, dialect) in [
            ("api.moonshot.ai", Dialect::Kimi),
            ("api.moonshot.cn", Dialect::Kimi),
            ("api.moonshot.ai.", Dialect::Kimi),
            ("notmoonshot.ai", Dialect::Plain),
            ("api.moonshot.ai.example.com", Dialect::Plain),
            ("127.0.0.1", Dialect::Plain),
        ] {
            assert_eq!(dialect_of(host), dialect, "{host}");
        }
    }

    #[test]
    fn error_names_setting_without_key() {
        let internet = Addresses::INTERNET;
        let good = [("KIMI_API_KEY", "sk-secret")];
        for (variable, value) in [
            ("KIMI_BASE_URL", "http://api.moonshot.ai/v1"),
            ("KIMI_BASE_URL", "http://127.0.0.1:8080/v1"),
            ("KIMI_BASE_URL", "https://169.254.169.254/v1"),
            ("KIMI_MODEL", "kimi k3"),
            ("KIMI_API_KEY", "sk-secret with spaces"),
            ("KIMI_PRICES", "kimi-k3.1-pro=2"),
        ] {
            let set = good.into_iter().chain([(variable, value)]).collect();
            let read = Settings::from_environment(&set);
            let error = match read {
                Ok(settings) => settings.unwrap().check(internet).unwrap_err(),
                Err(error) => error,
            };
            assert_eq!(error.variable, variable, "{value}");
            assert!(!format!("{error} {error:?}").contains("sk-secret"));
        }
        let settings = Settings::from_environment(&good.into_iter().collect());
        assert!(settings.unwrap().unwrap().check(internet).is_ok());
        let none = Settings::from_environment(&Environment::default());
        assert!(none.unwrap().is_none(), "no key, no model");
    }
}
