//! "Get a pull request" and "Compare two commits".

use crate::answer::{Failure, Refusal};
use crate::call::Call;
use crate::hunks::FileCount;
use crate::model::Pull;
use crate::{ProcessGitHub, World, rules};
use async_trait::async_trait;
use github::port::{GitHubError, PullRequest, ReadDiff, ReadPullRequest};
use github::{HeadSha, PrKey, RepoName};

impl World {
    pub(crate) async fn get_pull(&self, pr: &PrKey) -> Result<(Pull, FileCount), Failure> {
        self.answer(Call::PullRequest, None, |state, seen_at| {
            let pull = state.pull_at(pr, seen_at)?;
            Ok((pull.clone(), state.count(pull)))
        })
        .await
    }

    pub(crate) async fn get_diff(
        &self,
        repo: &RepoName,
        base: &HeadSha,
        head: &HeadSha,
    ) -> Result<String, Failure> {
        self.answer(Call::Diff, None, |state, _| {
            let known = state
                .repo(repo)
                .and_then(|repo| repo.diffs.get(&(base.clone(), head.clone())));
            let diff = known.ok_or_else(Refusal::not_found)?;
            rules::diff_size(&diff.lines)?;
            Ok(diff.text.clone())
        })
        .await
    }
}

#[async_trait]
impl ReadDiff for ProcessGitHub {
    async fn diff(
        &self,
        pr: &PrKey,
        base: &HeadSha,
        head: &HeadSha,
    ) -> Result<String, GitHubError> {
        let call = || format!("GET /repos/{}/compare/{base}...{head}", pr.repo);
        self.world
            .get_diff(&pr.repo, base, head)
            .await
            .map_err(|failure| self.error(call(), failure))
    }
}

#[async_trait]
impl ReadPullRequest for ProcessGitHub {
    async fn pull_request(&self, pr: &PrKey) -> Result<PullRequest, GitHubError> {
        let call = || format!("GET /repos/{}/pulls/{}", pr.repo, pr.number);
        match self.world.get_pull(pr).await {
            Ok((pull, _)) => Ok(PullRequest {
                head_sha: pull.head,
                open: pull.open,
                author: pull.author.login,
                author_association: pull.association,
                head_repo: pull.head_repo,
                base_ref: pull.base_branch,
                base_sha: pull.base_sha,
                draft: pull.draft,
                labels: pull.labels,
            }),
            Err(failure) => Err(self.error(call(), failure)),
        }
    }
}
