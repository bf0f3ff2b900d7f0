//! "Check runs".

use crate::answer::{Failure, Refusal};
use crate::call::Call;
use crate::model::PostedCheck;
use crate::{ProcessGitHub, World, rules};
use async_trait::async_trait;
use github::port::{CheckId, FoundCheck, GitHubError, NewCheck, ReadChecks, SetCheck};
use github::{AuthorKind, HeadSha, RepoName};

/// Filter for a commit's checks ("List check runs for a Git reference").
#[derive(Debug, Clone, Copy)]
pub(crate) enum CheckFilter<'a> {
    /// All checks, optionally of one name (`filter=all`).
    All(Option<&'a str>),
    /// The newest check per App and name (`filter=latest`, GitHub's default),
    /// optionally of one name.
    Latest(Option<&'a str>),
}

impl World {
    /// Returns all checks of a commit, oldest first.
    pub fn checks(&self, repo: &RepoName, head: &HeadSha) -> Vec<PostedCheck> {
        let state = self.lock();
        let all = state.repo(repo).map(|repo| repo.checks.as_slice());
        let on = |posted: &&PostedCheck| posted.check.head_sha == *head;
        all.unwrap_or_default().iter().filter(on).cloned().collect()
    }

    /// Deletes all checks of this repository.
    pub fn forget_checks(&self, repo: &RepoName) {
        if let Some(repo) = self.lock().repos.get_mut(repo) {
            repo.checks.clear();
        }
    }

    /// Sets a check as another App.
    pub fn check_by(&self, app: &str, repo: &RepoName, check: NewCheck) {
        let at = self.clock().now();
        let mut state = self.lock();
        let id = CheckId(state.next_id());
        let repo = state.repos.or_default(repo);
        repo.checks.push(PostedCheck {
            id,
            author: app.to_owned(),
            check,
            at,
        });
    }

    pub(crate) async fn get_checks(
        &self,
        repo: &RepoName,
        head: &HeadSha,
        filter: CheckFilter<'_>,
    ) -> Result<Vec<PostedCheck>, Failure> {
        self.answer(Call::ListChecks, None, |state, seen_at| {
            let repo = state.repo(repo).ok_or_else(Refusal::not_found)?;
            let (name, latest) = match filter {
                CheckFilter::All(name) => (name, false),
                CheckFilter::Latest(name) => (name, true),
            };
            let same = |one: &PostedCheck, other: &PostedCheck| {
                (&one.author, &one.check.name) == (&other.author, &other.check.name)
            };
            let mut found: Vec<PostedCheck> = Vec::new();
            for posted in &repo.checks {
                let of_name = name.is_none_or(|name| posted.check.name == name);
                if posted.check.head_sha == *head && of_name && posted.at <= seen_at {
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
            // A commit that a forced push removed from its branch is still in the
            // repository.
            let has = |commits: &[HeadSha]| commits.contains(&check.head_sha);
            let mut pulls = here.pulls.values();
            if !pulls.any(|pull| has(&pull.commits) || has(&pull.removed_heads)) {
                let message = format!("No commit found for SHA: {}", check.head_sha);
                return Err(Refusal::new(422, message));
            }
            rules::check(check)?;
            let posted = PostedCheck {
                id: CheckId(state.next_id()),
                author: state.bot.login.clone(),
                check: check.clone(),
                at: now,
            };
            let here = state.repos.or_default(repo);
            here.checks.push(posted.clone());
            Ok(posted)
        })
        .await
    }

    /// Updates a check. A completed check never returns to in progress; GitHub
    /// ignores such a request and keeps the conclusion.
    pub(crate) async fn patch_check(
        &self,
        repo: &RepoName,
        id: CheckId,
        check: &NewCheck,
    ) -> Result<PostedCheck, Failure> {
        let call = format!("PATCH /repos/{repo}/check-runs/{}", id.0);
        self.answer(Call::UpdateCheck, Some((call, repo)), |state, _| {
            let bot = state.bot.clone();
            if bot.kind == AuthorKind::User {
                return Err(Refusal::new(403, "You must authenticate via a GitHub App."));
            }
            let repo = state.repos.get_mut(repo).ok_or_else(Refusal::not_found)?;
            let mut all = repo.checks.iter_mut();
            let own = |posted: &&mut PostedCheck| posted.id == id && posted.author == bot.login;
            let found = all.find(own).ok_or_else(Refusal::not_found)?;
            rules::check(check)?;
            found.check = NewCheck {
                head_sha: found.check.head_sha.clone(),
                conclusion: check.conclusion.or(found.check.conclusion),
                ..check.clone()
            };
            Ok(found.clone())
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
        external_id: Option<&str>,
    ) -> Result<Option<FoundCheck>, GitHubError> {
        let call = || format!("GET /repos/{repo}/commits/{head}/check-runs");
        let found = self
            .world
            .get_checks(repo, head, CheckFilter::All(Some(name)))
            .await;
        let found = found.map_err(|failure| self.error(call(), failure))?;
        let bot = self.world.bot();
        let own = |posted: &&PostedCheck| {
            posted.author == bot && external_id.is_none_or(|id| posted.check.external_id == id)
        };
        let newest = found.iter().filter(own).max_by_key(|posted| posted.id);
        Ok(newest.map(|posted| FoundCheck {
            id: posted.id,
            completed: posted.check.conclusion.is_some(),
        }))
    }

    async fn create_check(
        &self,
        repo: &RepoName,
        check: &NewCheck,
    ) -> Result<CheckId, GitHubError> {
        let call = || format!("POST /repos/{repo}/check-runs");
        let posted = self.world.post_check(repo, check).await;
        let posted = posted.map_err(|failure| self.error(call(), failure))?;
        Ok(posted.id)
    }

    async fn update_check(
        &self,
        repo: &RepoName,
        id: CheckId,
        check: &NewCheck,
    ) -> Result<(), GitHubError> {
        let call = || format!("PATCH /repos/{repo}/check-runs/{}", id.0);
        let updated = self.world.patch_check(repo, id, check).await;
        updated
            .map(drop)
            .map_err(|failure| self.error(call(), failure))
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
            .get_checks(repo, head, CheckFilter::Latest(None))
            .await;
        let all = all.map_err(|failure| self.error(format!("{at}/check-runs"), failure))?;
        let bot = self.world.bot();
        let is_own = |posted: &PostedCheck| posted.author == bot && posted.check.name == own;
        let others: Vec<_> = all.iter().filter(|posted| !is_own(posted)).collect();
        let any = !statuses.is_empty() || !others.is_empty();
        Ok(any && others.iter().all(|posted| posted.is_green()))
    }
}
