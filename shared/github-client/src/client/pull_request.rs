//! Reads the current state of a pull request.

use super::Client;
use crate::identity::User;
use crate::wire::About;
use async_trait::async_trait;
use github::port::{GitHubError, PullRequest, ReadPullRequest};
use github::{HeadSha, PrKey, RepoName};
use serde::Deserialize;

/// Used fields of "Get a pull request".
#[derive(Deserialize)]
struct PullRequestBody {
    state: String,
    head: HeadBody,
    base: BaseBody,
    #[serde(default)]
    draft: bool,
    #[serde(default)]
    labels: Vec<LabelBody>,
    author_association: String,
    /// `null` if the account was deleted.
    user: Option<User>,
}

#[derive(Deserialize)]
struct LabelBody {
    name: String,
}

#[derive(Deserialize)]
struct HeadBody {
    sha: HeadSha,
    /// `null` if the fork was deleted.
    repo: Option<RepositoryBody>,
}

#[derive(Deserialize)]
struct RepositoryBody {
    full_name: RepoName,
}

#[derive(Deserialize)]
struct BaseBody {
    r#ref: String,
    sha: HeadSha,
}

#[async_trait]
impl ReadPullRequest for Client {
    async fn pull_request(&self, pr: &PrKey) -> Result<PullRequest, GitHubError> {
        let path = format!("/repos/{}/pulls/{}", pr.repo, pr.number);
        let found: PullRequestBody = self.get(About::Repository(pr.repo.clone()), path).await?;
        Ok(PullRequest {
            head_sha: found.head.sha,
            author_association: found.author_association,
            head_repo: found.head.repo.map(|repo| repo.full_name),
            base_ref: found.base.r#ref,
            base_sha: found.base.sha,
            draft: found.draft,
            labels: found.labels.into_iter().map(|label| label.name).collect(),
            open: found.state == "open",
            // GitHub attributes the work of deleted accounts to `ghost`.
            author: found
                .user
                .map_or_else(|| "ghost".to_owned(), |user| user.login),
        })
    }
}
