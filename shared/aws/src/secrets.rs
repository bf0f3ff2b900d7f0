//! Secrets by reference: `ssm:/name` and `secretsmanager:name` stand in a
//! variable, the secret itself stays where it is kept.

use crate::json::Api;
use crate::{Base, Failed};
use aws_types::SdkConfig;
use config::{ConfigError, Environment};
use futures_util::future::try_join_all;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

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

/// The environment with every reference replaced by the secret that it names. All
/// are fetched at the same time, once for the life of the process: after a
/// rotation, new processes have the new secret.
///
/// # Errors
/// [`ConfigError`] names the variable, and what could not be had.
pub async fn secrets(base: &Base) -> Result<Environment, ConfigError> {
    let fetched = base
        .environment
        .secrets()
        .map(|(variable, text)| async move {
            match Reference::read(text) {
                None => Ok(None),
                Some(reference) => match reference.fetch(&base.sdk).await {
                    Ok(secret) => Ok(Some((variable, secret))),
                    Err(failed) => Err(ConfigError::new(variable, failed.reason)),
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
/// [`Failed`] names the parameter or the secret.
pub async fn referenced(base: &Base, value: &str) -> Result<String, Failed> {
    match Reference::read(value) {
        None => Ok(value.to_owned()),
        Some(reference) => {
            let text = reference.fetch(&base.sdk).await?;
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

    async fn fetch(&self, sdk: &SdkConfig) -> Result<SecretString, Failed> {
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
            _ => Err(Failed {
                retryable: false,
                reason: format!("{what} holds no text"),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_reference_and_what_a_secret() {
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
