//! Settings of the deployment, which are the lowest layer of every review.

use crate::settings::InvalidSettings;
use policy::{Layer, Policy, Source};

/// Settings in `REVIEW_POLICY` over the built-in ones.
///
/// Invalid settings do not stop the function: on Lambda the webhook would accept deliveries
/// and no review would follow. Every pull request is skipped instead, with the reason.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Valid settings, or the built-in ones.
    pub policy: Policy,
    /// Error of the settings.
    pub invalid: Option<InvalidSettings>,
}

impl Deployment {
    /// Parses the settings in TOML.
    pub fn parse(text: &str) -> Self {
        match Layer::parse(text, Source::Deployment) {
            Ok(layer) => Self {
                policy: Policy::default().over(layer),
                invalid: None,
            },
            Err(error) => Self::invalid(error.into()),
        }
    }

    /// Creates the deployment of unreadable settings. Only the log shows the `reason`.
    pub fn unreadable(reason: &str) -> Self {
        let source = Source::Deployment;
        Self::invalid(InvalidSettings::Unreadable(source, reason.to_owned()))
    }

    fn invalid(invalid: InvalidSettings) -> Self {
        log(&invalid);
        Self {
            policy: Policy::default(),
            invalid: Some(invalid),
        }
    }
}

/// Logs invalid settings: at start, and for each request, so that the alarm lasts as long as
/// pull requests are skipped. The alarm counts the lines by `metric`.
pub(crate) fn log(invalid: &InvalidSettings) {
    tracing::error!(
        metric = "PolicyInvalid",
        "reviews are skipped until REVIEW_POLICY is corrected: {invalid}"
    );
}

#[cfg(feature = "lambda")]
impl Deployment {
    /// Reads `REVIEW_POLICY`: the settings themselves, or a reference to them.
    ///
    /// # Errors
    /// [`ConfigError`](config::ConfigError), if a later start may succeed.
    pub async fn open(base: &lambda::Base) -> Result<Self, config::ConfigError> {
        let value = base.environment.review_policy().unwrap_or_default();
        match lambda::referenced(base, value).await {
            Ok(text) => Ok(Self::parse(&text)),
            Err(failed) if failed.retryable => Err(config::ConfigError::new(
                Source::Deployment.place(),
                failed.reason,
            )),
            Err(failed) => Ok(Self::unreadable(&failed.reason)),
        }
    }
}
