//! Reads a repository's languages.

use super::Client;
use crate::wire::About;
use async_trait::async_trait;
use github::RepoName;
use github::port::{GitHubError, ReadLanguages, most_written};

#[async_trait]
impl ReadLanguages for Client {
    async fn languages(&self, repo: &RepoName) -> Result<Vec<String>, GitHubError> {
        let path = format!("/repos/{repo}/languages");
        let bytes = self.get(About::Repository(repo.clone()), path).await?;
        Ok(most_written(bytes))
    }
}
