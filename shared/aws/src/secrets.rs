//! Resolves secrets by reference: a variable holds `ssm:/name` or `secretsmanager:name`, the secret
//! remains in its store.

use crate::json::Api;
use crate::{Base, Failed};
use aws_types::SdkConfig;
use config::{ConfigError, Environment};
use futures_util::future::try_join_all;
use secrecy::SecretString;
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

/// Replaces every reference in the environment by the secret that it names. Fetches all secrets
/// concurrently, once per process: after a rotation, new processes get the new secret.
///
/// # Errors
/// [`ConfigError`] names the variable and the secret that could not be fetched.
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
