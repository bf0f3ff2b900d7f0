//! Adds credentials to calls.

use crate::app::App;
use crate::config::{Config, ConfigError};
use crate::credentials::Credentials;
use crate::wire::{About, Answer, Call, Wire};
use events::Clock;
use github::port::GitHubError;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// Authorization of a call.
#[derive(Debug)]
pub(crate) struct Pass {
    pub(crate) header: HeaderValue,
    /// `true` if the token is cached; it may have been revoked since.
    pub(crate) kept: bool,
}

/// Returns `Authorization: Bearer …`, marked sensitive so that `Debug` hides it. Returns
/// `None` if `secret` is not a valid header value.
pub(crate) fn bearer(secret: &str) -> Option<HeaderValue> {
    if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let mut header = HeaderValue::try_from(format!("Bearer {secret}")).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// Sends calls with the required credentials.
pub(crate) struct Transport {
    pub(crate) wire: Wire,
    held: Credential,
}

enum Credential {
    Token(HeaderValue),
    App(Box<App>),
}

impl Transport {
    pub(crate) fn new(
        config: &Config,
        https: egress::Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        let token = |token: &SecretString| bearer(token.expose_secret()).ok_or(ConfigError::Token);
        Ok(Self {
            wire: Wire::new(config, https, clock)?,
            held: match &config.credentials {
                Credentials::Token(secret) => Credential::Token(token(secret)?),
                Credentials::App {
                    id,
                    private_key,
                    permissions,
                } => Credential::App(Box::new(App::new(id, private_key, *permissions)?)),
            },
        })
    }

    /// Returns `true` for an App, which may call `GET /app`.
    pub(crate) fn is_app(&self) -> bool {
        match self.held {
            Credential::Token(_) => false,
            Credential::App(_) => true,
        }
    }

    /// Sends a call that changes nothing. Retries temporary failures.
    pub(crate) async fn read(&self, call: &Call) -> Result<Answer, GitHubError> {
        let pass = self.pass(&call.about).await?;
        match self.wire.read(call, &pass.header).await {
            Err(failed) if failed.unauthorized && self.drop_kept(&call.about, &pass).await => {
                let pass = self.pass(&call.about).await?;
                let again = self.wire.read(call, &pass.header).await;
                again.map_err(|failed| failed.error)
            }
            answer => answer.map_err(|failed| failed.error),
        }
    }

    /// Sends a call that changes something, once.
    pub(crate) async fn write(&self, call: &Call) -> Result<Answer, GitHubError> {
        let pass = self.pass(&call.about).await?;
        match self.wire.once(call, &pass.header).await {
            // The caller may retry; that call requests a new token.
            Err(failed) if failed.unauthorized && self.drop_kept(&call.about, &pass).await => {
                Err(GitHubError::Unavailable {
                    call: call.name.clone(),
                    reason: "GitHub rejected the cached installation token".to_owned(),
                })
            }
            answer => answer.map_err(|failed| failed.error),
        }
    }

    async fn pass(&self, about: &About) -> Result<Pass, GitHubError> {
        match &self.held {
            Credential::Token(header) => Ok(Pass {
                header: header.clone(),
                kept: false,
            }),
            Credential::App(app) => app.pass(&self.wire, about).await,
        }
    }

    /// Discards the cached token of `pass`. Returns `true` if a new one can be
    /// requested.
    async fn drop_kept(&self, about: &About, pass: &Pass) -> bool {
        match (&self.held, about) {
            (Credential::App(app), About::Repository(repo)) if pass.kept => {
                app.drop_token(repo, &pass.header).await;
                true
            }
            (Credential::Token(_) | Credential::App(_), About::Repository(_) | About::Account) => {
                false
            }
        }
    }
}
