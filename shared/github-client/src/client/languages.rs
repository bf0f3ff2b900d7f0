//! What a repository is written in.

use super::Client;
use crate::wire::About;
use async_trait::async_trait;
use github::RepoName;
use github::port::{GitHubError, MOST_LANGUAGES, ReadLanguages};
use std::cmp::Reverse;
use std::collections::BTreeMap;

#[async_trait]
impl ReadLanguages for Client {
    async fn languages(&self, repo: &RepoName) -> Result<Vec<String>, GitHubError> {
        let path = format!("/repos/{repo}/languages");
        let bytes: BTreeMap<String, u64> = self.get(About::Repository(repo.clone()), path).await?;
        let mut languages: Vec<_> = bytes.into_iter().collect();
        languages.sort_by_key(|(_, bytes)| Reverse(*bytes));
        languages.truncate(MOST_LANGUAGES);
        Ok(languages.into_iter().map(|(name, _)| name).collect())
    }
}
