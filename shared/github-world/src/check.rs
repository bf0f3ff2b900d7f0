//! "Check runs".

use crate::answer::Refusal;
use crate::call::{Call, Failure};
use crate::{ProcessGitHub, World};
use async_trait::async_trait;
use github::port::{CheckId, GitHubError, NewCheck, SetCheck};
use github::{AuthorKind, HeadSha, RepoName};
use ports::Timestamp;

/// Characters that a summary may have.
const LONGEST_SUMMARY: usize = 65_535;

/// A check run, as a commit's page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedCheck {
    /// GitHub's id.
    pub id: CheckId,
    /// The login of the App that set it.
    pub author: String,
    /// What it says.
    pub check: NewCheck,
    /// When it was set.
    pub at: Timestamp,
}

impl World {
    /// All checks of a commit, oldest first.
    pub fn checks(&self, repo: &RepoName, head: &HeadSha) -> Vec<PostedCheck> {
        let state = self.lock();
        let all = state.repo(repo).map(|repo| repo.checks.as_slice());
        let on = |posted: &&PostedCheck| posted.check.head_sha == *head;
        all.unwrap_or_default().iter().filter(on).cloned().collect()
    }

    /// Another App sets a check.
    pub fn check_by(&self, app: &str, repo: &RepoName, check: NewCheck) {
        let at = self.clock().now();
        let mut state = self.lock();
        let id = CheckId(state.next_id());
        let repo = state.repos.entry(repo.clone()).or_default();
        repo.checks.push(PostedCheck {
            id,
            author: app.to_owned(),
            check,
            at,
        });
    }

    /// Those of a commit, of one name if it is said.
    pub(crate) async fn get_checks(
        &self,
        repo: &RepoName,
        head: &HeadSha,
        name: Option<&str>,
    ) -> Result<Vec<PostedCheck>, Failure> {
        self.answer(Call::ListChecks, None, |state, _| {
            let repo = state.repo(repo).ok_or_else(Refusal::not_found)?;
            let wanted = |posted: &&PostedCheck| {
                posted.check.head_sha == *head && name.is_none_or(|name| posted.check.name == name)
            };
            Ok(repo.checks.iter().filter(wanted).cloned().collect())
        })
        .await
    }

    pub(crate) async fn post_check(
        &self,
        repo: &RepoName,
        check: &NewCheck,
    ) -> Result<PostedCheck, Failure> {
        let call = format!("POST /repos/{repo}/check-runs");
        self.answer(Call::CreateCheck, Some((call, repo)), |state, now| {
            if state.bot.kind == AuthorKind::User {
                return Err(Refusal::new(403, "You must authenticate via a GitHub App."));
            }
            let here = state.repo(repo).ok_or_else(Refusal::not_found)?;
            let mut pulls = here.pulls.values();
            if !pulls.any(|pull| pull.commits.contains(&check.head_sha)) {
                let message = format!("No commit found for SHA: {}", check.head_sha);
                return Err(Refusal::new(422, message));
            }
            if check.name.is_empty() || check.title.is_empty() {
                return Err(Refusal::new(422, "Invalid request."));
            }
            if check.summary.chars().count() > LONGEST_SUMMARY {
                let message = "Invalid request. Only 65535 characters are allowed.";
                return Err(Refusal::new(422, message));
            }
            let posted = PostedCheck {
                id: CheckId(state.next_id()),
                author: state.bot.login.clone(),
                check: check.clone(),
                at: now,
            };
            let here = state.repos.entry(repo.clone()).or_default();
            here.checks.push(posted.clone());
            Ok(posted)
        })
        .await
    }
}

#[async_trait]
impl SetCheck for ProcessGitHub {
    async fn find_check(
        &self,
        repo: &RepoName,
        head: &HeadSha,
        name: &str,
        external_id: &str,
    ) -> Result<Option<CheckId>, GitHubError> {
        let call = || format!("GET /repos/{repo}/commits/{head}/check-runs");
        let found = self.world.get_checks(repo, head, Some(name)).await;
        let found = found.map_err(|failure| self.error(call(), failure))?;
        let bot = self.world.bot();
        let own =
            |posted: &&PostedCheck| posted.author == bot && posted.check.external_id == external_id;
        Ok(found.iter().find(own).map(|posted| posted.id))
    }

    async fn set_check(&self, repo: &RepoName, check: &NewCheck) -> Result<CheckId, GitHubError> {
        let call = || format!("POST /repos/{repo}/check-runs");
        let posted = self.world.post_check(repo, check).await;
        let posted = posted.map_err(|failure| self.error(call(), failure))?;
        Ok(posted.id)
    }
}
