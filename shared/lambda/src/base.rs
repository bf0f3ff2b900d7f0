//! Dependencies of every function on AWS: the HTTPS client, credentials, region and retries.

use crate::connector::Connector;
use crate::explain::CallError;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use config::{ConfigError, Environment};
use egress::{Client, Roots, UncheckedClient};
use events::{Clock, Entropy, SystemClock, SystemEntropy};
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::time::Duration;

/// Timeout of one attempt, after which the SDK makes the next one: DynamoDB and EventBridge answer
/// within tens of milliseconds.
const ATTEMPT: Duration = Duration::from_secs(3);
/// Maximum number of attempts, with the SDK's jittered back-off between them. After that, the event
/// is delivered again.
pub(crate) const ATTEMPTS: u32 = 4;
const FIRST_BACK_OFF: Duration = Duration::from_millis(50);

/// Dependencies of every function on AWS.
#[derive(Clone)]
pub struct Base {
    /// Settings. Secrets may be references, see [`secrets`].
    pub environment: Environment,
    /// Configuration of the AWS clients.
    pub sdk: SdkConfig,
    /// Root certificates of the clients.
    roots: Roots,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

impl Base {
    /// Creates the dependencies from the machine's clock and randomness, and from the AWS settings
    /// of `environment`.
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

    /// Creates a client for GitHub and the model. AWS clients use a separate one: `ALLOW_ADDRESSES`
    /// does not apply to them, since AWS may be reached by an endpoint within a VPC.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is wrong.
    pub fn https(&self) -> Result<Client, ConfigError> {
        let addresses = self.environment.allow_addresses()?;
        self.roots.client(addresses).map_err(no_tls)
    }
}

fn no_tls(error: egress::Error) -> ConfigError {
    ConfigError::new("EXTRA_CA_CERTS", egress::reason(error))
}

/// Converts the result of a check of a resource at start. A missing or forbidden resource is an
/// error at once, not only at the first event. Any other error may be temporary; it is logged, and
/// the first event tries again.
///
/// # Errors
/// [`ConfigError`] names `variable`, which holds the name of the resource.
pub(crate) fn looked_at<T>(
    variable: &'static str,
    looked: Result<T, CallError>,
) -> Result<(), ConfigError> {
    match looked {
        Ok(_) => Ok(()),
        Err(failed) if failed.retryable => {
            tracing::warn!(
                variable,
                "resource could not be checked at start: {}",
                failed.reason
            );
            Ok(())
        }
        Err(failed) => Err(ConfigError::new(variable, failed.reason)),
    }
}

/// Returns the configuration of all AWS clients, `Client::new(&config)`. They call by `https`.
pub fn sdk_config(settings: config::Aws, https: &UncheckedClient) -> SdkConfig {
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
    fn debug_output_hides_secrets() {
        let settings = config::Aws {
            region: "eu-central-1".to_owned(),
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "hunter2".into(),
            session_token: Some("hunter3".into()),
            endpoint_url: Some("http://127.0.0.1:4566".to_owned()),
        };
        assert!(!format!("{settings:?}").contains("hunter"));
        let config = sdk_config(settings, &egress::unguarded().unwrap());
        assert_eq!(config.endpoint_url(), Some("http://127.0.0.1:4566"));
        assert!(!format!("{config:?}").contains("hunter"));
    }
}
