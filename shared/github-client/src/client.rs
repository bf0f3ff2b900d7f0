//! The ports, each a call or two.

use crate::config::{Config, ConfigError};
use crate::identity::{Identity, User};
use crate::link;
use crate::transport::{Answer, Call, Transport};
use async_trait::async_trait;
use github::port::{
    GitHubError, NewReview, PublishReview, PullRequest, ReadDiff, ReadPullRequest, ReviewId,
};
use github::{HeadSha, PrKey};
use ports::{Clock, Timestamp};
use reqwest::{Method, Url, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Mutex;

const JSON: &str = "application/vnd.github+json";
const DIFF: &str = "application/vnd.github.diff";

/// Bytes of a diff. GitHub itself stops at 20,000 lines or 300 files.
const LARGEST_DIFF: usize = 20 << 20;

/// Bytes of JSON. A page of reviews always fits: 50 bodies of 65,536 characters,
/// each escaped to six bytes at worst, are 18.75 MiB.
const LARGEST_JSON: usize = 20 << 20;
const REVIEWS_A_PAGE: &str = "per_page=50";

/// Pages of reviews that are looked through.
const MOST_PAGES: usize = 200;

/// "Best practices for using the REST API": at least a second between writes.
const BETWEEN_WRITES: Duration = Duration::from_secs(1);

/// GitHub's REST API with one token. Share one among all handlers of a process,
/// so that its writes are spaced.
pub struct Client {
    transport: Transport,
    identity: RwLock<Option<Identity>>,
    /// When the last write began or ended. Held while one is under way.
    last_write: Mutex<Option<Timestamp>>,
}

impl Client {
    /// A client of the API at `config.api_url`, which calls by `https`. Nothing is
    /// sent yet. Waiting is done on `clock`.
    ///
    /// # Errors
    /// A setting that cannot work is named.
    pub fn new(
        config: Config,
        https: https::Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            transport: Transport::new(&config, https, clock)?,
            identity: RwLock::new(config.bot_login.map(Identity::Login)),
            last_write: Mutex::new(None),
        })
    }

    /// The client that the environment describes: `GITHUB_TOKEN`,
    /// `GITHUB_API_URL`.
    ///
    /// # Errors
    /// [`::config::ConfigError`] names the variable that is missing or wrong.
    pub fn from_environment(
        environment: &::config::Environment,
        https: https::Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ::config::ConfigError> {
        let config = Config {
            api_url: environment.github_api_url().to_owned(),
            ..Config::new(environment.github_token()?)
        };
        Self::new(config, https, clock).map_err(|error| {
            let variable = match error {
                ConfigError::Token => "GITHUB_TOKEN",
                ConfigError::ApiUrl { .. } | ConfigError::UserAgent(_) => "GITHUB_API_URL",
            };
            ::config::ConfigError::new(variable, error)
        })
    }

    /// A `GET`, answered with JSON.
    async fn get<T: DeserializeOwned>(&self, path: String) -> Result<T, GitHubError> {
        let url = self.transport.api.at(&path, None);
        let call = get(path, url);
        let answer = self.transport.read(&call).await?;
        json(&call, &answer)
    }

    /// Who the token posts as. GitHub is asked once.
    async fn identity(&self) -> Result<Identity, GitHubError> {
        let known = self.identity.read();
        if let Some(identity) = known.unwrap_or_else(PoisonError::into_inner).clone() {
            return Ok(identity);
        }
        let identity = match self.get::<User>("/user".to_owned()).await {
            Ok(user) => Identity::Login(user.login),
            // What Apps and GitHub Actions are told ("Troubleshooting the REST API").
            Err(GitHubError::Forbidden { reason, .. })
                if reason.starts_with("Resource not accessible by integration") =>
            {
                Identity::SomeBot
            }
            Err(error) => return Err(error),
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
            // A login, once known, is not unlearnt.
            (Some(Identity::Login(_)), Identity::SomeBot) => return,
            (Some(Identity::Login(before)), Identity::Login(login))
                if !before.eq_ignore_ascii_case(login) =>
            {
                tracing::warn!(before, login, "GitHub names the token's account otherwise");
            }
            (Some(Identity::Login(_) | Identity::SomeBot) | None, _) => {}
        }
        *known = Some(identity);
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("api", &self.transport.api)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl ReadDiff for Client {
    /// Bytes that are no UTF-8 (a file in another encoding) become U+FFFD.
    async fn diff(
        &self,
        pr: &PrKey,
        base: &HeadSha,
        head: &HeadSha,
    ) -> Result<String, GitHubError> {
        let path = format!("/repos/{}/compare/{base}...{head}", pr.repo);
        let url = self.transport.api.at(&path, None);
        let call = Call {
            accept: DIFF,
            most: LARGEST_DIFF,
            ..get(path, url)
        };
        let answer = self.transport.read(&call).await?;
        Ok(String::from_utf8(answer.body)
            .unwrap_or_else(|odd| String::from_utf8_lossy(odd.as_bytes()).into_owned()))
    }
}

/// The fields of "Get a pull request" that matter.
#[derive(Deserialize)]
struct PullRequestBody {
    state: String,
    head: HeadBody,
    /// `null` when the account was deleted.
    user: Option<User>,
}

#[derive(Deserialize)]
struct HeadBody {
    sha: HeadSha,
}

#[async_trait]
impl ReadPullRequest for Client {
    async fn pull_request(&self, pr: &PrKey) -> Result<PullRequest, GitHubError> {
        let path = format!("/repos/{}/pulls/{}", pr.repo, pr.number);
        let found: PullRequestBody = self.get(path).await?;
        Ok(PullRequest {
            head_sha: found.head.sha,
            open: found.state == "open",
            // GitHub shows the work of deleted accounts as the ghost's.
            author: found
                .user
                .map_or_else(|| "ghost".to_owned(), |user| user.login),
        })
    }
}

/// The fields of "List reviews for a pull request" that matter, and of the
/// answer to "Create a review for a pull request".
#[derive(Deserialize)]
struct ReviewBody {
    id: u64,
    user: Option<User>,
    body: Option<String>,
}

#[async_trait]
impl PublishReview for Client {
    async fn find_review(&self, pr: &PrKey, marker: &str) -> Result<Option<ReviewId>, GitHubError> {
        let identity = self.identity().await?;
        let path = format!("/repos/{}/pulls/{}/reviews", pr.repo, pr.number);
        let mut url = self.transport.api.at(&path, Some(REVIEWS_A_PAGE));
        for _ in 0..MOST_PAGES {
            let call = get(path.clone(), url.clone());
            let answer = self.transport.read(&call).await?;
            let reviews: Vec<ReviewBody> = json(&call, &answer)?;
            let own = |review: &&ReviewBody| {
                let body = review.body.as_deref().unwrap_or_default();
                body.contains(marker) && identity.wrote(review.user.as_ref())
            };
            if let Some(review) = reviews.iter().find(own) {
                return Ok(Some(ReviewId(review.id)));
            }
            let link = answer.headers.get(header::LINK);
            let Some(next) = link.and_then(|link| link::next(link.to_str().ok()?)) else {
                return Ok(None);
            };
            let followed = self.transport.api.follow(&url, next);
            url = followed.ok_or_else(|| GitHubError::Rejected {
                call: call.name,
                reason: "the next page is not on the API's host".to_owned(),
            })?;
        }
        // Saying "none" here could post a second review.
        Err(GitHubError::Rejected {
            call: format!("GET {path}"),
            reason: format!("more than {MOST_PAGES} pages of reviews"),
        })
    }

    async fn create_review(&self, pr: &PrKey, review: &NewReview) -> Result<ReviewId, GitHubError> {
        let path = format!("/repos/{}/pulls/{}/reviews", pr.repo, pr.number);
        let name = format!("POST {path}");
        let body = serde_json::to_vec(review).map_err(|error| GitHubError::Rejected {
            call: name.clone(),
            reason: error.to_string(),
        })?;
        let call = Call {
            name,
            method: Method::POST,
            url: self.transport.api.at(&path, None),
            accept: JSON,
            body: Some(body),
            most: LARGEST_JSON,
        };
        let clock = self.transport.clock();
        let mut last_write = self.last_write.lock().await;
        if let Some(last) = *last_write {
            let since = Duration::try_from(clock.now().duration_since(last)).unwrap_or_default();
            let wait = BETWEEN_WRITES.saturating_sub(since);
            if !wait.is_zero() {
                clock.sleep(wait).await;
            }
        }
        *last_write = Some(clock.now()); // also if this future is dropped half-way
        let answer = self.transport.once(&call).await;
        *last_write = Some(clock.now());
        drop(last_write);
        let posted: ReviewBody = json(&call, &answer?)?;
        if let Some(user) = posted.user {
            self.learn(Identity::Login(user.login));
        }
        Ok(ReviewId(posted.id))
    }
}

fn get(path: String, url: Url) -> Call {
    Call {
        name: format!("GET {path}"),
        method: Method::GET,
        url,
        accept: JSON,
        body: None,
        most: LARGEST_JSON,
    }
}

/// The answer as JSON. One in another shape is as good as none: for a write, it
/// is not known what was done.
fn json<T: DeserializeOwned>(call: &Call, answer: &Answer) -> Result<T, GitHubError> {
    serde_json::from_slice(&answer.body).map_err(|error| GitHubError::Unavailable {
        call: call.name.clone(),
        reason: format!("an answer in another shape: {error}"),
    })
}
