//! "Get repository content".

use crate::answer::{Failure, Refusal};
use crate::call::Call;
use crate::model::Content;
use crate::{ProcessGitHub, World};
use async_trait::async_trait;
use github::RepoName;
use github::port::{GitHubError, LARGEST_FILE, ReadFile, is_file_path};

impl World {
    pub(crate) async fn get_content(
        &self,
        repo: &RepoName,
        path: &str,
        reference: &str,
    ) -> Result<Content, Failure> {
        self.answer(Call::Contents, None, |state, _| {
            let repo = state.repo(repo).ok_or_else(Refusal::not_found)?;
            let files = repo.files.get(repo.branch(reference));
            let files = files.ok_or_else(Refusal::not_found)?;
            if let Some(text) = files.get(path) {
                return Ok(Content::File(text.clone()));
            }
            let folder = format!("{path}/");
            let within: Vec<String> = files
                .keys()
                .filter(|file| file.starts_with(&folder))
                .cloned()
                .collect();
            if within.is_empty() {
                return Err(Refusal::not_found());
            }
            Ok(Content::Folder(within))
        })
        .await
    }
}

#[async_trait]
impl ReadFile for ProcessGitHub {
    async fn file(
        &self,
        repo: &RepoName,
        path: &str,
        reference: &str,
    ) -> Result<Option<Vec<u8>>, GitHubError> {
        let call = format!("GET /repos/{repo}/contents/{path}");
        if !is_file_path(path) {
            return Err(GitHubError::Rejected {
                call: format!("GET /repos/{repo}/contents"),
                reason: "not a path within a repository".to_owned(),
            });
        }
        let found = self.world.get_content(repo, path, reference).await;
        match found.map_err(|failure| self.error(call.clone(), failure)) {
            Ok(Content::File(text)) if text.len() > LARGEST_FILE => Err(GitHubError::TooLarge {
                call,
                reason: format!("the response is larger than {LARGEST_FILE} bytes"),
            }),
            Ok(Content::File(text)) => Ok(Some(text)),
            Ok(Content::Folder(_)) | Err(GitHubError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
