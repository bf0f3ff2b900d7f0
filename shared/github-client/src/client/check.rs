//! Check runs.

use super::Client;
use async_trait::async_trait;
use events::Timestamp;
use github::port::{CheckId, Conclusion, FoundCheck, GitHubError, NewCheck, SetCheck};
use github::{HeadSha, RepoName};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Maximum number of pages to search.
const MOST_PAGES: usize = 20;

/// "Create a check run"; without a commit, "Update a check run".
#[derive(Serialize)]
struct Asked<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    head_sha: Option<&'a HeadSha>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    conclusion: Option<Conclusion>,
    external_id: &'a str,
    output: Output<'a>,
}

impl<'a> Asked<'a> {
    fn of(check: &'a NewCheck) -> Self {
        Self {
            name: &check.name,
            head_sha: None,
            status: match check.conclusion {
                Some(_) => COMPLETED,
                None => "in_progress",
            },
            conclusion: check.conclusion,
            external_id: &check.external_id,
            output: Output {
                title: &check.title,
                summary: &check.summary,
            },
        }
    }
}

const COMPLETED: &str = "completed";

#[derive(Serialize)]
struct Output<'a> {
    title: &'a str,
    summary: &'a str,
}

/// Used fields of "List check runs for a Git reference".
#[derive(Deserialize)]
struct Page {
    check_runs: Vec<CheckBody>,
}

#[derive(Deserialize)]
struct CheckBody {
    id: u64,
    #[serde(default)]
    status: String,
    #[serde(default)]
    external_id: Option<String>,
    #[serde(default)]
    app: Option<AppBody>,
}

#[derive(Deserialize)]
pub(super) struct AppBody {
    pub(super) slug: String,
}

/// Time for which a refusal is remembered.
const REFUSAL: Duration = Duration::from_hours(1);

/// Accounts that GitHub does not let set checks, with the time and the reason of the refusal. They
/// are not asked again for an hour.
#[derive(Debug, Default)]
pub(super) struct RefusedChecks(Mutex<BTreeMap<String, (Timestamp, String)>>);

impl RefusedChecks {
    /// Returns the reason if the account was refused within the last hour.
    fn reason(&self, account: &str, now: Timestamp) -> Option<String> {
        let refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, reason) = refused.get(account)?;
        (now < *at + REFUSAL).then(|| reason.clone())
    }

    fn learn(&self, account: String, now: Timestamp, reason: String) {
        let mut refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        refused.insert(account, (now, reason));
    }
}

/// Returns whether GitHub refused the call for every repository of the account, and not only for
/// this one ("Troubleshooting the REST API").
fn is_missing_permission(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    let texts = [
        "resource not accessible",
        "must authenticate via a github app",
    ];
    texts.iter().any(|text| reason.contains(text))
}

impl Client {
    /// Writes a check, unless GitHub has refused the account's checks within the last hour.
    async fn write_check(
        &self,
        repo: &RepoName,
        method: Method,
        path: String,
        asked: &Asked<'_>,
    ) -> Result<CheckBody, GitHubError> {
        let (account, clock) = (self.account(repo), self.transport.wire.clock());
        if let Some(reason) = self.refused_checks.reason(&account, clock.now()) {
            let call = format!("{method} {path}");
            return Err(GitHubError::Forbidden { call, reason });
        }
        let answer = self.write(repo, method, path, asked).await;
        if let Err(GitHubError::Forbidden { reason, .. }) = &answer
            && is_missing_permission(reason)
        {
            let now = self.transport.wire.clock().now();
            self.refused_checks.learn(account, now, reason.clone());
        }
        answer
    }
}

#[async_trait]
impl SetCheck for Client {
    async fn find_check(
        &self,
        repo: &RepoName,
        head: &HeadSha,
        name: &str,
        external_id: Option<&str>,
    ) -> Result<Option<FoundCheck>, GitHubError> {
        let identity = self.identity().await?;
        let path = format!("/repos/{repo}/commits/{head}/check-runs");
        let mut url = self.at(&path, None);
        url.query_pairs_mut()
            .append_pair("check_name", name)
            .append_pair("filter", "all")
            .append_pair("per_page", "100");
        let own = |check: &&CheckBody| {
            external_id.is_none_or(|id| check.external_id.as_deref() == Some(id))
                && (check.app.as_ref()).is_some_and(|app| identity.is_app(&app.slug))
        };
        let query = url.query().unwrap_or_default();
        let mut newest: Option<FoundCheck> = None;
        let visit = |page: Page| -> Option<()> {
            let found = page.check_runs.iter().filter(own).map(|check| FoundCheck {
                id: CheckId(check.id),
                completed: check.status == COMPLETED,
            });
            newest = found.chain(newest).max_by_key(|check| check.id);
            None
        };
        self.pages(repo, &path, query, MOST_PAGES, visit).await?;
        Ok(newest)
    }

    async fn create_check(
        &self,
        repo: &RepoName,
        check: &NewCheck,
    ) -> Result<CheckId, GitHubError> {
        let asked = Asked {
            head_sha: Some(&check.head_sha),
            ..Asked::of(check)
        };
        let path = format!("/repos/{repo}/check-runs");
        let set = self.write_check(repo, Method::POST, path, &asked).await?;
        Ok(CheckId(set.id))
    }

    async fn update_check(
        &self,
        repo: &RepoName,
        id: CheckId,
        check: &NewCheck,
    ) -> Result<(), GitHubError> {
        let path = format!("/repos/{repo}/check-runs/{}", id.0);
        let asked = Asked::of(check);
        self.write_check(repo, Method::PATCH, path, &asked)
            .await
            .map(drop)
    }
}
