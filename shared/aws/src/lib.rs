//! What all AWS clients share: the HTTPS client, credentials, region, retries; and
//! the few calls that need no client of their own.

mod connector;
mod explain;
mod json;
mod queues;
mod secrets;

pub use aws_types::SdkConfig;
pub use explain::{Failed, explain};
pub use queues::{hide, send_dead_letter};
pub use secrets::{referenced, secrets};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::Region;
use config::{ConfigError, Environment};
use connector::Connector;
use https::{Client, Roots, Unguarded};
use ports::{Clock, Entropy, SystemClock, SystemEntropy};
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::time::Duration;

/// An attempt that takes longer is given up and made again: DynamoDB and
/// EventBridge answer within tens of milliseconds.
const ATTEMPT: Duration = Duration::from_secs(3);
/// The first attempt and its repeats, with the SDK's jittered back-off between;
/// after them the event itself is delivered again.
const ATTEMPTS: u32 = 4;
const FIRST_BACK_OFF: Duration = Duration::from_millis(50);

/// What a function on AWS is built on.
#[derive(Clone)]
pub struct Base {
    /// Its settings. Secrets may be references, see [`secrets`].
    pub environment: Environment,
    /// What its clients of AWS are made from.
    pub sdk: SdkConfig,
    /// Whom its clients trust.
    roots: Roots,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where random numbers come from.
    pub entropy: Arc<dyn Entropy>,
}

impl Base {
    /// The machine's clock and randomness, and AWS as `environment` says.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or wrong.
    pub fn new(environment: Environment) -> Result<Self, ConfigError> {
        let more = environment.extra_ca_certs();
        let roots = Roots::built_in(more);
        let roots = roots.map_err(|error| ConfigError::new("EXTRA_CA_CERTS", error))?;
        Ok(Self {
            sdk: sdk_config(environment.aws()?, &roots.unguarded().map_err(no_tls)?),
            roots,
            environment,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        })
    }

    /// What calls GitHub and the model, made anew. Clients of AWS have one of their own:
    /// where AWS is, `ALLOW_ADDRESSES` does not say, and it may be a VPC's endpoint.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is wrong.
    pub fn https(&self) -> Result<Client, ConfigError> {
        let addresses = self.environment.allow_addresses()?;
        self.roots.client(addresses).map_err(no_tls)
    }
}

fn no_tls(error: https::Error) -> ConfigError {
    ConfigError::new("EXTRA_CA_CERTS", https::reason(error))
}

/// What a look at something at start has shown: that it is not there, or may not
/// be used, is told at once and not at the first event. Whatever else went wrong
/// may be over by then, and is left to that event.
///
/// # Errors
/// [`ConfigError`] names `variable`, which names the thing.
pub fn looked_at<T>(variable: &'static str, looked: Result<T, Failed>) -> Result<(), ConfigError> {
    match looked {
        Ok(_) => Ok(()),
        Err(failed) if failed.retryable => {
            tracing::warn!(variable, "not known yet: {}", failed.reason);
            Ok(())
        }
        Err(failed) => Err(ConfigError::new(variable, failed.reason)),
    }
}

/// The configuration that every client is made from: `Client::new(&config)`.
/// All clients of it call by `https`.
pub fn sdk_config(settings: config::Aws, https: &Unguarded) -> SdkConfig {
    let session_token = settings
        .session_token
        .map(|token| token.expose_secret().to_owned());
    let credentials = Credentials::from_keys(
        settings.access_key_id,
        settings.secret_access_key.expose_secret(),
        session_token,
    );
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(ATTEMPT)
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(FIRST_BACK_OFF);
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(settings.region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(Connector(https.clone()))
        .sleep_impl(TokioSleep::new())
        .timeout_config(timeouts)
        .retry_config(retries);
    config.set_endpoint_url(settings.endpoint_url);
    config.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_do_not_show_their_secrets() {
        let settings = config::Aws {
            region: "eu-central-1".to_owned(),
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "hunter2".into(),
            session_token: Some("hunter3".into()),
            endpoint_url: Some("http://127.0.0.1:4566".to_owned()),
        };
        assert!(!format!("{settings:?}").contains("hunter"));
        let config = sdk_config(settings, &https::unguarded().unwrap());
        assert_eq!(config.endpoint_url(), Some("http://127.0.0.1:4566"));
        assert!(!format!("{config:?}").contains("hunter"));
    }
}
