//! What all AWS clients share: one HTTPS client, credentials, region, retries.
//!
//! It reads no environment; the caller gives [`config::Aws`]. TLS is rustls with
//! ring: its first use costs a function some milliseconds at cold start, where
//! the SDK's default provider costs fifty.

mod explain;

pub use aws_types::SdkConfig;
pub use explain::{Failed, explain};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::Region;
use secrecy::ExposeSecret;
use std::time::Duration;

/// An attempt that takes longer is given up and made again: DynamoDB and
/// EventBridge answer within tens of milliseconds.
const ATTEMPT: Duration = Duration::from_secs(3);
const CONNECT: Duration = Duration::from_secs(1);
/// The first attempt and its repeats, with the SDK's jittered back-off between;
/// after them the event itself is delivered again.
const ATTEMPTS: u32 = 4;
const FIRST_BACK_OFF: Duration = Duration::from_millis(50);

/// The configuration that every client is made from: `Client::new(&config)`.
/// Make it once; all clients of it share its connections.
pub fn sdk_config(settings: config::Aws) -> SdkConfig {
    let session_token = settings
        .session_token
        .map(|token| token.expose_secret().to_owned());
    let credentials = Credentials::from_keys(
        settings.access_key_id,
        settings.secret_access_key.expose_secret(),
        session_token,
    );
    let https = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(
            tls::rustls_provider::CryptoMode::Ring,
        ))
        .build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(FIRST_BACK_OFF);
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(settings.region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(https)
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
        let config = sdk_config(settings);
        assert_eq!(config.endpoint_url(), Some("http://127.0.0.1:4566"));
        assert!(!format!("{config:?}").contains("hunter"));
    }
}
