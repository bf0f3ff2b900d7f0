//! "Check runs".

use crate::answer::Refusal;
use crate::call::{Call, Failure};
use crate::{ProcessGitHub, World};
use async_trait::async_trait;
use github::port::{CheckId, Conclusion, GitHubError, NewCheck, ReadChecks, SetCheck};
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
    /// Whether it is still under way: what it says of its end is yet to come.
    pub running: bool,
}

impl PostedCheck {
    fn is_green(&self) -> bool {
        let well = match self.check.conclusion {
            Conclusion::Neutral | Conclusion::Success => true,
            Conclusion::Failure => false,
        };
        !self.running && well
    }
}

/// Which of a commit's checks are asked for ("List check runs for a Git reference").
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// All of this name, or of any (`filter=all`).
    All(Option<&'a str>),
    /// The newest of each App and name (`filter=latest`, GitHub's default), of this
    /// name or of any.
    Latest(Option<&'a str>),
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
        self.other_check(app, repo, check, false);
    }

    /// Another App begins a check, and has not ended it yet.
    pub fn check_begun_by(&self, app: &str, repo: &RepoName, check: NewCheck) {
        self.other_check(app, repo, check, true);
    }

    fn other_check(&self, app: &str, repo: &RepoName, check: NewCheck, running: bool) {
        let at = self.clock().now();
        let mut state = self.lock();
        let id = CheckId(state.next_id());
        let repo = state.repos.entry(repo.clone()).or_default();
        repo.checks.push(PostedCheck {
            id,
            author: app.to_owned(),
            check,
            at,
            running,
        });
    }

    pub(crate) async fn get_checks(
        &self,
        repo: &RepoName,
        head: &HeadSha,
        wanted: Wanted<'_>,
    ) -> Result<Vec<PostedCheck>, Failure> {
        self.answer(Call::ListChecks, None, |state, _| {
            let repo = state.repo(repo).ok_or_else(Refusal::not_found)?;
            let (name, latest) = match wanted {
                Wanted::All(name) => (name, false),
                Wanted::Latest(name) => (name, true),
            };
            let same = |one: &PostedCheck, other: &PostedCheck| {
                (&one.author, &one.check.name) == (&other.author, &other.check.name)
            };
            let mut found: Vec<PostedCheck> = Vec::new();
            for posted in &repo.checks {
                let of_name = name.is_none_or(|name| posted.check.name == name);
                if posted.check.head_sha == *head && of_name {
                    found.retain(|before| !(latest && same(before, posted)));
                    found.push(posted.clone());
                }
            }
            Ok(found)
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
                running: false,
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
        let found = self
            .world
            .get_checks(repo, head, Wanted::All(Some(name)))
            .await;
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

#[async_trait]
impl ReadChecks for ProcessGitHub {
    async fn others_are_green(
        &self,
        repo: &RepoName,
        head: &HeadSha,
        own: &str,
    ) -> Result<bool, GitHubError> {
        let at = format!("GET /repos/{repo}/commits/{head}");
        let statuses = self.world.get_statuses(repo, head).await;
        let statuses = statuses.map_err(|failure| self.error(format!("{at}/status"), failure))?;
        if !statuses.iter().all(|status| status.state.is_green()) {
            return Ok(false);
        }
        let all = self
            .world
            .get_checks(repo, head, Wanted::Latest(None))
            .await;
        let all = all.map_err(|failure| self.error(format!("{at}/check-runs"), failure))?;
        let bot = self.world.bot();
        let is_own = |posted: &PostedCheck| posted.author == bot && posted.check.name == own;
        Ok(all.iter().all(|posted| is_own(posted) || posted.is_green()))
    }
}
