//! The summary comment on a pull request, which is edited on every change.

use super::Client;
use crate::identity::{Identity, User};
use async_trait::async_trait;
use github::port::{CommentId, GitHubError, Summarise};
use github::{PrKey, RepoName};
use reqwest::Method;
use serde::{Deserialize, Serialize};

const A_PAGE: &str = "per_page=50";

/// Maximum number of pages to search.
const MOST_PAGES: usize = 200;

/// "Create an issue comment", "Update an issue comment".
#[derive(Serialize)]
struct Asked<'a> {
    body: &'a str,
}

/// Used fields of "List issue comments".
#[derive(Deserialize)]
struct CommentBody {
    id: u64,
    user: Option<User>,
    body: Option<String>,
}

#[async_trait]
impl Summarise for Client {
    async fn find_comment(
        &self,
        pr: &PrKey,
        marker: &str,
    ) -> Result<Option<CommentId>, GitHubError> {
        let identity = self.identity().await?;
        let path = format!("/repos/{}/issues/{}/comments", pr.repo, pr.number);
        let own = |comment: &&CommentBody| {
            let body = comment.body.as_deref().unwrap_or_default();
            body.contains(marker) && identity.wrote(comment.user.as_ref())
        };
        let visit = |page: Vec<CommentBody>| {
            let found = page.iter().find(own);
            found.map(|comment| CommentId(comment.id))
        };
        self.pages(&pr.repo, &path, A_PAGE, MOST_PAGES, visit).await
    }

    async fn create_comment(&self, pr: &PrKey, body: &str) -> Result<CommentId, GitHubError> {
        let path = format!("/repos/{}/issues/{}/comments", pr.repo, pr.number);
        let asked = Asked { body };
        let posted: CommentBody = self.write(&pr.repo, Method::POST, path, &asked).await?;
        if let Some(user) = posted.user {
            self.learn(Identity::Login(user.login));
        }
        Ok(CommentId(posted.id))
    }

    async fn update_comment(
        &self,
        repo: &RepoName,
        comment: CommentId,
        body: &str,
    ) -> Result<(), GitHubError> {
        let path = format!("/repos/{repo}/issues/comments/{}", comment.0);
        let asked = Asked { body };
        let _: CommentBody = self.write(repo, Method::PATCH, path, &asked).await?;
        Ok(())
    }
}
