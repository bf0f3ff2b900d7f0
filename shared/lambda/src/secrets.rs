//! Resolves secrets by reference: a variable holds `ssm:/name` or `secretsmanager:name`, the secret
//! remains in its store.

use crate::Base;
use crate::explain::CallError;
use crate::json::Api;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use config::{ConfigError, Environment};
use futures_util::future::try_join_all;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::time::Duration;

/// "GetParameter", AWS Systems Manager API Reference.
const PARAMETERS: Api = Api {
    service: "ssm",
    target: "AmazonSSM",
    version: "1.1",
};

/// "GetSecretValue", AWS Secrets Manager API Reference.
const SECRETS: Api = Api {
    service: "secretsmanager",
    target: "secretsmanager",
    version: "1.1",
};

/// Attempts at start. SSM gives an account 40 `GetParameter` a second ("AWS Systems Manager
/// endpoints and quotas"), which many functions that start at once exceed.
const ATTEMPTS: u32 = 7;
const FIRST_BACK_OFF: Duration = Duration::from_millis(200);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(3);

/// Returns the configuration for calls at start, with longer back-offs than during an event.
fn at_start(sdk: &SdkConfig) -> SdkConfig {
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(FIRST_BACK_OFF)
        .with_max_backoff(LONGEST_BACK_OFF);
    sdk.to_builder().retry_config(retries).build()
}

/// Replaces every reference in the environment by the secret that it names. Fetches all secrets
/// concurrently, once per process: after a rotation, new processes get the new secret.
///
/// # Errors
/// [`ConfigError`] names the variable and the secret that could not be fetched.
pub async fn secrets(base: &Base) -> Result<Environment, ConfigError> {
    let sdk = &at_start(&base.sdk);
    let fetched = base
        .environment
        .secrets()
        .map(|(variable, text)| async move {
            match Reference::read(text) {
                None => Ok(None),
                Some(reference) => match reference.fetch(sdk).await {
                    Ok(secret) => Ok(Some((variable, secret))),
                    Err(failed) => Err(ConfigError::new(variable.to_owned(), failed.reason)),
                },
            }
        });
    let fetched = try_join_all(fetched).await?;
    let mut environment = base.environment.clone();
    for (variable, secret) in fetched.into_iter().flatten() {
        environment.set(variable, secret);
    }
    Ok(environment)
}

/// Returns the text that `value` refers to. A `value` that is no reference is the text itself.
///
/// # Errors
/// [`CallError`] names the parameter or the secret.
pub async fn referenced(base: &Base, value: &str) -> Result<String, CallError> {
    match Reference::read(value) {
        None => Ok(value.to_owned()),
        Some(reference) => {
            let text = reference.fetch(&at_start(&base.sdk)).await?;
            Ok(text.expose_secret().to_owned())
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Reference<'a> {
    Parameter(&'a str),
    Secret(&'a str),
}

impl<'a> Reference<'a> {
    fn read(text: &'a str) -> Option<Self> {
        match text.split_once(':')? {
            ("ssm", name) => Some(Self::Parameter(name)),
            ("secretsmanager", name) => Some(Self::Secret(name)),
            _ => None,
        }
    }

    async fn fetch(&self, sdk: &SdkConfig) -> Result<SecretString, CallError> {
        let (what, answer, path) = match *self {
            Self::Parameter(name) => {
                let what = format!("parameter {name}");
                let input = json!({ "Name": name, "WithDecryption": true });
                let answer = PARAMETERS.call(sdk, &what, "GetParameter", input).await?;
                (what, answer, "/Parameter/Value")
            }
            Self::Secret(name) => {
                let what = format!("secret {name}");
                let input = json!({ "SecretId": name });
                let answer = SECRETS.call(sdk, &what, "GetSecretValue", input).await?;
                (what, answer, "/SecretString")
            }
        };
        let text = answer.pointer(path).and_then(|value| value.as_str());
        match text {
            Some(text) if !text.is_empty() => Ok(text.into()),
            _ => Err(CallError {
                retryable: false,
                reason: format!("{what} holds no text"),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Serves SSM, which throttles the first calls. Returns its address.
    async fn ssm(throttled: u32) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = async move || {
            static CALLS: AtomicU32 = AtomicU32::new(0);
            if CALLS.fetch_add(1, Ordering::Relaxed) < throttled {
                let body = json!({ "__type": "ThrottlingException", "message": "Rate exceeded" });
                (StatusCode::BAD_REQUEST, body.to_string())
            } else {
                let body = json!({ "Parameter": { "Value": "hunter2" } });
                (StatusCode::OK, body.to_string())
            }
        };
        let router = axum::Router::new().route("/", axum::routing::post(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}")
    }

    #[tokio::test]
    async fn start_outlasts_throttling() {
        // More than an event's calls are repeated.
        let throttled = crate::base::ATTEMPTS + 1;
        assert!(throttled < ATTEMPTS);
        let environment = Environment::from_iter([
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_ENDPOINT_URL", ssm(throttled).await),
            ("GITHUB_TOKEN", "ssm:/github-bot/github-token".to_owned()),
        ]);
        let base = Base::new(environment).unwrap();
        let token = secrets(&base).await.unwrap().github_token().unwrap();
        assert_eq!(token.expose_secret(), "hunter2");
    }

    #[test]
    fn back_off_fits_lambdas_start() {
        // "Lambda execution environment lifecycle": the init phase has 10 seconds.
        let waits =
            (0..ATTEMPTS - 1).map(|n| (FIRST_BACK_OFF * 2_u32.pow(n)).min(LONGEST_BACK_OFF));
        let longest: Duration = waits.sum();
        assert!(longest < Duration::from_secs(10), "{longest:?}");
        assert!(longest > Duration::from_secs(5), "{longest:?}");
    }

    #[test]
    fn distinguishes_references_from_secrets() {
        for (why, text, expected) in [
            (
                "a parameter",
                "ssm:/bot/token",
                Some(Reference::Parameter("/bot/token")),
            ),
            (
                "a secret",
                "secretsmanager:bot/token",
                Some(Reference::Secret("bot/token")),
            ),
            (
                "a secret's ARN",
                "secretsmanager:arn:aws:secretsmanager:eu-central-1:123456789012:secret:bot",
                Some(Reference::Secret(
                    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bot",
                )),
            ),
            ("a token", "ghp_0123456789", None),
            ("a secret with a colon", "s3:cret", None),
        ] {
            assert_eq!(Reference::read(text), expected, "{why}");
        }
    }
}
