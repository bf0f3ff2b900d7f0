//! "List repository languages".

use crate::answer::{Failure, Refusal};
use crate::call::Call;
use crate::{ProcessGitHub, World};
use async_trait::async_trait;
use github::RepoName;
use github::port::{GitHubError, ReadLanguages, most_written};
use std::collections::BTreeMap;

impl World {
    /// Returns the bytes of each language by name.
    pub(crate) async fn get_languages(
        &self,
        repo: &RepoName,
    ) -> Result<BTreeMap<String, u64>, Failure> {
        self.answer(Call::Languages, None, |state, _| {
            let repo = state.repo(repo).ok_or_else(Refusal::not_found)?;
            Ok(repo.languages.clone())
        })
        .await
    }

    /// Sets the languages of a repository with their bytes.
    pub fn written_in(&self, repo: &RepoName, languages: &[(&str, u64)]) {
        let mut state = self.lock();
        let repo = state.repos.or_default(repo);
        let languages = languages.iter();
        repo.languages = languages
            .map(|(name, bytes)| ((*name).to_owned(), *bytes))
            .collect();
    }
}

#[async_trait]
impl ReadLanguages for ProcessGitHub {
    async fn languages(&self, repo: &RepoName) -> Result<Vec<String>, GitHubError> {
        let call = format!("GET /repos/{repo}/languages");
        let found = self.world.get_languages(repo).await;
        let bytes = found.map_err(|failure| self.error(call, failure))?;
        Ok(most_written(bytes))
    }
}
