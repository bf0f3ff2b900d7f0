//! Installation tokens of an App: one per repository, cached until shortly before
//! expiry.

mod jwt;

use crate::config::ConfigError;
use crate::credentials::Permissions;
use crate::transport::{Pass, bearer};
use crate::wire::{About, Answer, Call, JSON, Wire};
use events::Timestamp;
use github::RepoName;
use github::port::GitHubError;
use jwt::Signer;
use reqwest::Method;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Minimum remaining lifetime of a token in use.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// Maximum number of repositories with cached tokens; one more clears the cache.
const MOST_KEPT: usize = 1_000;

/// Size limit in bytes of a response about an App.
const LARGEST: usize = 256 << 10;

/// A GitHub App that calls on behalf of its installations.
pub(crate) struct App {
    signer: Signer,
    permissions: Permissions,
    kept: Mutex<BTreeMap<RepoName, Arc<Slot>>>,
}

/// Cached data of a repository. The lock is held during the request, so concurrent
/// callers wait for one response.
type Slot = tokio::sync::Mutex<CachedToken>;

#[derive(Default)]
struct CachedToken {
    installation: Option<u64>,
    token: Option<Token>,
}

struct Token {
    header: HeaderValue,
    last_used: Timestamp,
}

/// "Get a repository installation for the authenticated app".
#[derive(Deserialize)]
struct InstallationBody {
    id: u64,
}

/// "Create an installation access token for an app".
#[derive(Serialize)]
struct Asked<'a> {
    repositories: [&'a str; 1],
    permissions: Permissions,
}

#[derive(Deserialize)]
struct TokenBody {
    token: SecretString,
    expires_at: Timestamp,
}

impl App {
    pub(crate) fn new(
        id: &str,
        private_key: &SecretString,
        permissions: Permissions,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            signer: Signer::new(id, private_key)?,
            permissions,
            kept: Mutex::default(),
        })
    }

    /// Returns the credentials for a call about `about`: a token of the repository,
    /// or the App's own JWT.
    pub(crate) async fn pass(&self, wire: &Wire, about: &About) -> Result<Pass, GitHubError> {
        let repo = match about {
            About::Account => {
                return Ok(Pass {
                    header: self.jwt(wire)?,
                    kept: false,
                });
            }
            About::Repository(repo) => repo,
        };
        let slot = self.slot(repo);
        let mut known = slot.lock().await;
        if let Some(token) = &known.token
            && wire.clock().now() < token.last_used
        {
            return Ok(Pass {
                header: token.header.clone(),
                kept: true,
            });
        }
        let token = self.token(wire, repo, &mut known).await?;
        let header = token.header.clone();
        known.token = Some(token);
        Ok(Pass {
            header,
            kept: false,
        })
    }

    /// Discards a rejected token, unless a newer one has replaced it.
    pub(crate) async fn drop_token(&self, repo: &RepoName, refused: &HeaderValue) {
        let slot = self.slot(repo);
        let mut known = slot.lock().await;
        if (known.token.as_ref()).is_some_and(|token| token.header == refused) {
            known.token = None;
        }
    }

    fn slot(&self, repo: &RepoName) -> Arc<Slot> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT && !kept.contains_key(repo) {
            kept.clear();
        }
        kept.entry(repo.clone()).or_default().clone()
    }

    fn jwt(&self, wire: &Wire) -> Result<HeaderValue, GitHubError> {
        let jwt = self.signer.jwt(wire.clock().now());
        jwt.and_then(|jwt| bearer(&jwt))
            .ok_or_else(|| GitHubError::Forbidden {
                call: "an App's call".to_owned(),
                reason: "GITHUB_APP_PRIVATE_KEY cannot sign".to_owned(),
            })
    }

    /// Requests a new token for the cached or newly found installation.
    async fn token(
        &self,
        wire: &Wire,
        repo: &RepoName,
        known: &mut CachedToken,
    ) -> Result<Token, GitHubError> {
        if let Some(id) = known.installation {
            match self.create(wire, repo, id).await {
                // Uninstalled, and perhaps installed again under another
                // id.
                Err(GitHubError::NotFound { .. }) => known.installation = None,
                answer => return answer,
            }
        }
        let id = self.installation(wire, repo).await?;
        known.installation = Some(id);
        self.create(wire, repo, id).await
    }

    async fn installation(&self, wire: &Wire, repo: &RepoName) -> Result<u64, GitHubError> {
        let call = call(
            wire,
            Method::GET,
            format!("/repos/{repo}/installation"),
            None,
        );
        let answer = self.ask(wire, &call).await.map_err(|error| match error {
            GitHubError::NotFound { call, .. } => GitHubError::Forbidden {
                call,
                reason: format!(
                    "the App {} (GITHUB_APP_ID) is not installed on {repo}: install it there, or remove the repository's webhook",
                    self.signer.id()
                ),
            },
            other @ (GitHubError::Unavailable { .. }
            | GitHubError::RateLimited { .. }
            | GitHubError::Forbidden { .. }
            | GitHubError::TooLarge { .. }
            | GitHubError::Rejected { .. }) => other,
        })?;
        let found: InstallationBody = call.json(&answer)?;
        Ok(found.id)
    }

    /// Requests a token. A repeated request is harmless: the first token expires
    /// unused.
    async fn create(&self, wire: &Wire, repo: &RepoName, id: u64) -> Result<Token, GitHubError> {
        let name = repo.as_str().split_once('/').map_or("", |(_, name)| name);
        let asked = Asked {
            repositories: [name],
            permissions: self.permissions,
        };
        let path = format!("/app/installations/{id}/access_tokens");
        let body = serde_json::to_vec(&asked).ok();
        let call = call(wire, Method::POST, path, body);
        let answer = self.ask(wire, &call).await.map_err(|error| match error {
            GitHubError::Rejected { call, reason } => GitHubError::Forbidden {
                call,
                reason: format!(
                    "{reason}: grant the App {} (GITHUB_APP_ID) {}, and accept the new permissions in its installations",
                    self.signer.id(),
                    serde_json::to_string(&self.permissions).unwrap_or_default()
                ),
            },
            other @ (GitHubError::Unavailable { .. }
            | GitHubError::RateLimited { .. }
            | GitHubError::Forbidden { .. }
            | GitHubError::NotFound { .. }
            | GitHubError::TooLarge { .. }) => other,
        })?;
        let made: TokenBody = call.json(&answer)?;
        let header = bearer(made.token.expose_secret());
        let header = header.ok_or_else(|| GitHubError::Unavailable {
            call: call.name,
            reason: "unexpected response: the token is not a valid header value".to_owned(),
        })?;
        let last_used = made.expires_at.checked_sub(MARGIN);
        Ok(Token {
            header,
            last_used: last_used.unwrap_or(Timestamp::UNIX_EPOCH),
        })
    }

    /// Makes a call as the App itself. All such calls may be retried.
    async fn ask(&self, wire: &Wire, call: &Call) -> Result<Answer, GitHubError> {
        let jwt = self.jwt(wire)?;
        let answer = wire.read(call, &jwt).await;
        answer.map_err(|failed| {
            let unauthorized = failed.unauthorized;
            match failed.error {
                GitHubError::Forbidden { call, reason } if unauthorized => {
                    let id = self.signer.id();
                    let remedy = format!(
                        "GITHUB_APP_PRIVATE_KEY is not a key of the App {id} (GITHUB_APP_ID), or this machine's clock is wrong"
                    );
                    GitHubError::Forbidden {
                        call,
                        reason: format!("{reason}: {remedy}"),
                    }
                }
                other @ (GitHubError::Unavailable { .. }
                | GitHubError::RateLimited { .. }
                | GitHubError::Forbidden { .. }
                | GitHubError::NotFound { .. }
                | GitHubError::TooLarge { .. }
                | GitHubError::Rejected { .. }) => other,
            }
        })
    }
}

fn call(wire: &Wire, method: Method, path: String, body: Option<Vec<u8>>) -> Call {
    Call {
        name: format!("{method} {path}"),
        url: wire.api.at(&path),
        method,
        accept: JSON,
        body,
        most: LARGEST,
        etag: None,
        about: About::Account,
    }
}
