//! One call to the API: headers, timeouts, attempts, redirects, and the size limit of
//! the response.

use crate::config::{Config, ConfigError};
use crate::refusal;
use egress::Endpoint;
use events::Clock;
use github::RepoName;
use github::port::GitHubError;
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Method, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;

/// REST API version that this client uses.
const API_VERSION: &str = "2022-11-28";

/// Media type of every response except raw text.
pub(crate) const JSON: &str = "application/vnd.github+json";

/// Maximum number of attempts of a `GET`.
const ATTEMPTS: u32 = 3;

/// Delay before the second attempt; doubles with each later one.
const BACK_OFF: Duration = Duration::from_millis(500);

/// Longest rate limit that a `GET` waits for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Maximum number of redirects on the API's own host.
const REDIRECTS: usize = 3;

/// Size limit of an error body in bytes.
const LARGEST_ERROR: usize = 64 << 10;

/// An HTTP call.
#[derive(Debug)]
pub(crate) struct Call {
    /// Name in errors and logs: `GET /repos/octo/widgets/pulls/7`.
    pub(crate) name: String,
    pub(crate) method: Method,
    pub(crate) url: Url,
    /// Requested media type.
    pub(crate) accept: &'static str,
    /// JSON body.
    pub(crate) body: Option<Vec<u8>>,
    /// Size limit of a successful response in bytes; beyond it the call fails with
    /// [`GitHubError::TooLarge`].
    pub(crate) most: usize,
    /// ETag of the cached version; the response may be 304.
    pub(crate) etag: Option<HeaderValue>,
    /// Subject of the call: an App has one token per repository.
    pub(crate) about: About,
}

impl Call {
    /// Parses the response as JSON. An unexpected shape counts as no response: the
    /// effect of a write is unknown then.
    pub(crate) fn json<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, GitHubError> {
        serde_json::from_slice(&answer.body).map_err(|error| GitHubError::Unavailable {
            call: self.name.clone(),
            reason: format!("unexpected response: {error}"),
        })
    }
}

/// Subject of a call, which determines its credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum About {
    /// A resource in a repository.
    Repository(RepoName),
    /// The calling account.
    Account,
}

/// A successful response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// 304: the resource still matches the call's `etag`.
    pub(crate) not_modified: bool,
}

/// A failed call.
#[derive(Debug)]
pub(crate) struct CallFailure {
    pub(crate) error: GitHubError,
    /// 401: GitHub rejected the credentials and did nothing.
    pub(crate) unauthorized: bool,
}

impl From<GitHubError> for CallFailure {
    fn from(error: GitHubError) -> Self {
        Self {
            error,
            unauthorized: false,
        }
    }
}

/// Sends calls with any kind of authorization.
pub(crate) struct Wire {
    https: egress::Client,
    timeout: Duration,
    user_agent: HeaderValue,
    pub(crate) api: Endpoint,
    clock: Arc<dyn Clock>,
}

impl Wire {
    pub(crate) fn new(
        config: &Config,
        https: egress::Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        let user_agent = HeaderValue::try_from(&config.user_agent)
            .ok()
            .filter(|value| !value.is_empty())
            .ok_or_else(|| ConfigError::UserAgent(config.user_agent.clone()))?;
        Ok(Self {
            api: Endpoint::read(&config.api_url, https.addresses())?,
            https,
            timeout: config.timeout,
            user_agent,
            clock,
        })
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// Sends a call that changes nothing. Retries temporary failures.
    pub(crate) async fn read(
        &self,
        call: &Call,
        pass: &HeaderValue,
    ) -> Result<Answer, CallFailure> {
        let mut attempt = 1;
        loop {
            let failed = match self.once(call, pass).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let Some(wait) = pause(attempt, &failed.error) else {
                return Err(failed);
            };
            let error = &failed.error;
            tracing::info!(attempt, wait_ms = wait.as_millis(), %error, "retrying the GitHub call");
            self.clock.sleep(wait).await;
            attempt += 1;
        }
    }

    /// Sends a call once.
    pub(crate) async fn once(
        &self,
        call: &Call,
        pass: &HeaderValue,
    ) -> Result<Answer, CallFailure> {
        let mut url = call.url.clone();
        for _ in 0..=REDIRECTS {
            let response = self.send(call, pass, url.clone()).await?;
            let status = response.status();
            tracing::debug!(
                call = call.name,
                status = status.as_u16(),
                "GitHub answered"
            );
            if !followed(&call.method, status) {
                return self.answer(call, response).await;
            }
            let location = response.headers().get(header::LOCATION);
            let location = location.and_then(|location| location.to_str().ok());
            let next = location.and_then(|location| self.api.follow(&url, location));
            url = next.ok_or_else(|| {
                rejected(
                    call,
                    format!("{status}: a redirect away from the API's host"),
                )
            })?;
        }
        Err(rejected(call, "too many redirects".to_owned()).into())
    }

    async fn send(
        &self,
        call: &Call,
        pass: &HeaderValue,
        url: Url,
    ) -> Result<Response, GitHubError> {
        let mut request = self
            .https
            .request(call.method.clone(), url)
            .timeout(self.timeout)
            .header(header::USER_AGENT, self.user_agent.clone())
            .header(header::ACCEPT, call.accept)
            .header("x-github-api-version", API_VERSION)
            .header(header::AUTHORIZATION, pass.clone());
        if let Some(etag) = &call.etag {
            request = request.header(header::IF_NONE_MATCH, etag.clone());
        }
        if let Some(body) = &call.body {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        request
            .send()
            .await
            .map_err(|error| unavailable(call, error))
    }

    async fn answer(&self, call: &Call, mut response: Response) -> Result<Answer, CallFailure> {
        let status = response.status();
        let mut body = Vec::new();
        let not_modified = call.etag.is_some() && status == StatusCode::NOT_MODIFIED;
        if status.is_success() || not_modified {
            let whole = egress::fill(&mut body, &mut response, call.most).await;
            if !whole.map_err(|error| unavailable(call, error))? {
                return Err(GitHubError::TooLarge {
                    call: call.name.clone(),
                    reason: format!("the response is larger than {} bytes", call.most),
                }
                .into());
            }
            return Ok(Answer {
                headers: std::mem::take(response.headers_mut()),
                body,
                not_modified,
            });
        }
        // Read errors are ignored here: the status already describes the failure.
        let _ = egress::fill(&mut body, &mut response, LARGEST_ERROR).await;
        let now = self.clock.now();
        Err(CallFailure {
            error: refusal::read(&call.name, status, response.headers(), &body, now),
            unauthorized: status == StatusCode::UNAUTHORIZED,
        })
    }
}

/// Decides whether to follow a redirect ("Best practices for using the REST API",
/// "Follow redirects"). Only 307 and 308 preserve the method of a write.
fn followed(method: &Method, status: StatusCode) -> bool {
    match status.as_u16() {
        307 | 308 => true,
        301 | 302 => *method == Method::GET,
        _ => false,
    }
}

/// Returns the delay before the next attempt, or `None` to give up.
fn pause(attempt: u32, error: &GitHubError) -> Option<Duration> {
    if attempt >= ATTEMPTS {
        return None;
    }
    match error {
        GitHubError::Unavailable { .. } => Some(BACK_OFF * 2u32.saturating_pow(attempt - 1)),
        GitHubError::RateLimited { retry_after, .. } => {
            (*retry_after <= PATIENCE).then_some(*retry_after)
        }
        GitHubError::Forbidden { .. }
        | GitHubError::NotFound { .. }
        | GitHubError::TooLarge { .. }
        | GitHubError::Rejected { .. } => None,
    }
}

fn rejected(call: &Call, reason: String) -> GitHubError {
    GitHubError::Rejected {
        call: call.name.clone(),
        reason,
    }
}

fn unavailable(call: &Call, error: reqwest::Error) -> GitHubError {
    GitHubError::Unavailable {
        call: call.name.clone(),
        reason: egress::reason(error),
    }
}
