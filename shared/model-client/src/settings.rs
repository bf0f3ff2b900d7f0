//! What an agent is made from.

use crate::Prices;
use config::{Addresses, ConfigError, Environment};
use egress::Endpoint;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// Characters of a model's id.
const LONGEST_MODEL: usize = 200;

/// Which fields an endpoint takes beside those of "Chat Completions" that all take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Kimi's own endpoint: `reasoning_effort` for the models that always reason,
    /// `thinking` for those that can be told not to.
    Kimi,
    /// Any other endpoint.
    Plain,
}

/// What an [`Agent`](crate::Agent) is made from.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The key, sent as a bearer token.
    pub key: SecretString,
    /// Where `/chat/completions` is: `https`, or `http` on loopback. One that is not on
    /// the internet is taken where the client that calls it may call it.
    pub base_url: String,
    /// The model's id.
    pub model: String,
    /// What models cost.
    pub prices: Prices,
    /// `None`: [`Dialect::Kimi`] on Moonshot's hosts, else [`Dialect::Plain`].
    pub dialect: Option<Dialect>,
    /// Tokens that the model may write, reasoning included.
    pub max_completion_tokens: u64,
    /// With less time than this left, no call begins: it would be paid for and cut.
    pub least_time: Duration,
}

impl Settings {
    /// Kimi itself, with the usual model.
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

    /// What the environment says; `None` without `KIMI_API_KEY`.
    ///
    /// # Errors
    /// [`ConfigError`] when `KIMI_PRICES` is no price list.
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

    /// The checked parts, for a client that calls `addresses` beside the internet.
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
    fn kimis_own_fields_go_to_kimis_own_hosts() {
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
    fn a_wrong_setting_is_named_and_the_key_is_not_shown() {
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
