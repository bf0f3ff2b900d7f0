//! The client and the code shared by its calls; each port has its own file.

mod check;
mod checks;
mod comment;
mod contents;
mod diff;
mod files;
mod languages;
mod pull_request;
mod review;
mod who;

use crate::config::{Config, ConfigError};
use crate::credentials::{Credentials, Permissions};
use crate::identity::{Identity, User};
use crate::link;
use crate::transport::Transport;
use crate::wire::{About, Answer, Call, JSON};
use events::Clock;
use github::RepoName;
use github::port::{GitHubError, Pace};
use reqwest::{Method, Url, header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, PoisonError, RwLock};

/// Size limit of a JSON response in bytes. A page of 50 bodies of 65,536 characters,
/// each escaped to six bytes in the worst case, takes 18.75 MiB.
const LARGEST_JSON: usize = 20 << 20;

/// Client of GitHub's REST API with one token or one App. All handlers of a process
/// share one client.
pub struct Client {
    transport: Transport,
    identity: RwLock<Option<Identity>>,
    /// Limits the rate of writes, if configured.
    pace: Option<Arc<dyn Pace>>,
    refused_checks: check::RefusedChecks,
    files: std::sync::Mutex<contents::FileCache>,
}

/// Result of reading the pages of a list.
enum PageEnd<R> {
    /// The visitor found its item.
    Found(R),
    /// The last page was read.
    Last,
    /// The page limit was reached; more pages exist.
    More,
}

impl Client {
    /// Creates a client of the API at `config.api_url`, which sends its calls
    /// through `https` and waits on `clock`. Sends nothing yet.
    ///
    /// # Errors
    /// [`ConfigError`] names the invalid setting.
    pub fn new(
        config: Config,
        https: egress::Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            transport: Transport::new(&config, https, clock)?,
            identity: RwLock::new(config.bot_login.map(Identity::Login)),
            pace: None,
            refused_checks: check::RefusedChecks::default(),
            files: std::sync::Mutex::default(),
        })
    }

    /// Waits for a permit of `pace` before each write.
    #[must_use]
    pub fn paced_by(mut self, pace: Arc<dyn Pace>) -> Self {
        self.pace = Some(pace);
        self
    }

    /// Creates a client from the environment: `GITHUB_APP_ID` with
    /// `GITHUB_APP_PRIVATE_KEY`, or else `GITHUB_TOKEN`; and `GITHUB_API_URL`. An
    /// App's tokens are read-only: see [`Client::publisher_from_environment`].
    ///
    /// # Errors
    /// [`::config::ConfigError`] names the missing or invalid variable.
    pub fn from_environment(
        environment: &::config::Environment,
        https: egress::Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ::config::ConfigError> {
        Self::with_permissions(environment, Permissions::READER, https, clock)
    }

    /// Like [`Client::from_environment`], with tokens that may publish.
    ///
    /// # Errors
    /// [`::config::ConfigError`] names the missing or invalid variable.
    pub fn publisher_from_environment(
        environment: &::config::Environment,
        https: egress::Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ::config::ConfigError> {
        Self::with_permissions(environment, Permissions::PUBLISHER, https, clock)
    }

    fn with_permissions(
        environment: &::config::Environment,
        permissions: Permissions,
        https: egress::Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ::config::ConfigError> {
        let token = environment.github_token();
        let credentials = match environment.github_app()? {
            Some(app) => {
                if token.is_ok() {
                    tracing::info!(
                        "GITHUB_APP_ID overrides GITHUB_TOKEN: authenticating as the App"
                    );
                }
                Credentials::App {
                    id: app.id,
                    private_key: app.private_key,
                    permissions,
                }
            }
            None => Credentials::Token(token?),
        };
        let config = Config {
            api_url: environment.github_api_url().to_owned(),
            ..Config::with(credentials)
        };
        Self::new(config, https, clock).map_err(|error| {
            let variable = match error {
                ConfigError::Token => "GITHUB_TOKEN",
                ConfigError::AppId => "GITHUB_APP_ID",
                ConfigError::AppKey { .. } => "GITHUB_APP_PRIVATE_KEY",
                ConfigError::ApiUrl { .. } | ConfigError::UserAgent(_) => "GITHUB_API_URL",
            };
            ::config::ConfigError::new(variable, error)
        })
    }

    fn at(&self, path: &str, query: Option<&str>) -> Url {
        let mut url = self.transport.wire.api.at(path);
        url.set_query(query);
        url
    }

    /// Sends a `GET` and parses the JSON response.
    async fn get<T: DeserializeOwned>(&self, about: About, path: String) -> Result<T, GitHubError> {
        let url = self.at(&path, None);
        let call = get(about, path, url);
        let answer = self.transport.read(&call).await?;
        call.json(&answer)
    }

    /// Searches the pages of a list. `None` means that the list holds no match. A
    /// list of more than `most` pages is an error, because `None` could be wrong.
    async fn pages<T: DeserializeOwned, R>(
        &self,
        repo: &RepoName,
        path: &str,
        query: &str,
        most: usize,
        visit: impl FnMut(T) -> Option<R> + Send,
    ) -> Result<Option<R>, GitHubError> {
        match self.visit(repo, path, query, most, visit).await? {
            PageEnd::Found(found) => Ok(Some(found)),
            PageEnd::Last => Ok(None),
            PageEnd::More => Err(GitHubError::Rejected {
                call: format!("GET {path}"),
                reason: format!("more than {most} pages"),
            }),
        }
    }

    /// Passes the pages of a list to `visit` until it returns a match.
    async fn visit<T: DeserializeOwned, R>(
        &self,
        repo: &RepoName,
        path: &str,
        query: &str,
        most: usize,
        mut visit: impl FnMut(T) -> Option<R> + Send,
    ) -> Result<PageEnd<R>, GitHubError> {
        let mut url = self.at(path, Some(query));
        for _ in 0..most {
            let about = About::Repository(repo.clone());
            let call = get(about, path.to_owned(), url.clone());
            let answer = self.transport.read(&call).await?;
            if let Some(found) = visit(call.json(&answer)?) {
                return Ok(PageEnd::Found(found));
            }
            let link = answer.headers.get(header::LINK);
            let Some(next) = link.and_then(|link| link::next(link.to_str().ok()?)) else {
                return Ok(PageEnd::Last);
            };
            let followed = self.transport.wire.api.follow(&url, next);
            url = followed.ok_or_else(|| GitHubError::Rejected {
                call: call.name,
                reason: "the next page is not on the API's host".to_owned(),
            })?;
        }
        Ok(PageEnd::More)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, contents::FileCache> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a write in `repo` once.
    async fn write<T: DeserializeOwned>(
        &self,
        repo: &RepoName,
        method: Method,
        path: String,
        body: &(impl Serialize + Sync),
    ) -> Result<T, GitHubError> {
        let name = format!("{method} {path}");
        let body = serde_json::to_vec(body).map_err(|error| GitHubError::Rejected {
            call: name.clone(),
            reason: error.to_string(),
        })?;
        let call = Call {
            name,
            method,
            url: self.at(&path, None),
            accept: JSON,
            body: Some(body),
            most: LARGEST_JSON,
            etag: None,
            about: About::Repository(repo.clone()),
        };
        let answer = self.paced(repo, &call).await?;
        call.json(&answer)
    }

    /// Writes with a permit.
    async fn paced(&self, repo: &RepoName, call: &Call) -> Result<Answer, GitHubError> {
        let Some(pace) = &self.pace else {
            return self.transport.write(call).await;
        };
        let account = self.account(repo);
        pace.acquire(&account, &call.name).await?;
        let answer = self.transport.write(call).await;
        match &answer {
            Err(
                GitHubError::Forbidden { .. }
                | GitHubError::NotFound { .. }
                | GitHubError::TooLarge { .. }
                | GitHubError::Rejected { .. },
            ) => pace.give_back(&account).await,
            Ok(_) | Err(GitHubError::Unavailable { .. } | GitHubError::RateLimited { .. }) => {}
        }
        answer
    }

    /// Returns the name of the credentials that GitHub limits: of an App's installation, which
    /// belongs to one owner, or of the token.
    fn account(&self, repo: &RepoName) -> String {
        let api = self.at("/", None);
        let host = api.host_str().unwrap_or_default();
        match repo.as_str().split_once('/') {
            Some((owner, _)) if self.transport.is_app() => {
                format!("{host}/{}", owner.to_ascii_lowercase())
            }
            Some(_) | None => host.to_owned(),
        }
    }

    /// Returns the account that the credentials post as. Asks GitHub once.
    async fn identity(&self) -> Result<Identity, GitHubError> {
        let known = self.identity.read();
        if let Some(identity) = known.unwrap_or_else(PoisonError::into_inner).clone() {
            return Ok(identity);
        }
        let identity = if self.transport.is_app() {
            let app: AppBody = self.get(About::Account, "/app".to_owned()).await?;
            Identity::Login(format!("{}[bot]", app.slug))
        } else {
            match self.get::<User>(About::Account, "/user".to_owned()).await {
                Ok(user) => Identity::Login(user.login),
                // GitHub's answer to Apps and GitHub Actions
                // ("Troubleshooting the REST API").
                Err(GitHubError::Forbidden { reason, .. })
                    if reason.starts_with("Resource not accessible by integration") =>
                {
                    Identity::SomeBot
                }
                Err(error) => return Err(error),
            }
        };
        self.learn(identity.clone());
        Ok(identity)
    }

    fn learn(&self, identity: Identity) {
        let mut known = self
            .identity
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        match (&*known, &identity) {
            // A known login is kept.
            (Some(Identity::Login(_)), Identity::SomeBot) => return,
            (Some(Identity::Login(before)), Identity::Login(login))
                if !before.eq_ignore_ascii_case(login) =>
            {
                tracing::warn!(
                    before,
                    login,
                    "the token's account differs from the configured login"
                );
            }
            (Some(Identity::Login(_) | Identity::SomeBot) | None, _) => {}
        }
        *known = Some(identity);
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("api", &self.transport.wire.api)
            .finish_non_exhaustive()
    }
}

/// "Get the authenticated app".
#[derive(Deserialize)]
struct AppBody {
    slug: String,
}

fn get(about: About, path: String, url: Url) -> Call {
    Call {
        name: format!("GET {path}"),
        method: Method::GET,
        url,
        accept: JSON,
        body: None,
        most: LARGEST_JSON,
        etag: None,
        about,
    }
}
