//! Lists the changed files of a pull request whose diff is too large.

use super::{Client, PageEnd};
use async_trait::async_trait;
use github::PrKey;
use github::port::{ChangedFile, Files, GitHubError, MOST_FILES, ReadFiles};

const A_PAGE: &str = "per_page=100";

/// Maximum number of pages to read.
const MOST_PAGES: usize = MOST_FILES / 100;

/// Size limit of all patches together in bytes; later patches are left out.
const LARGEST_PATCHES: usize = 20 << 20;

#[async_trait]
impl ReadFiles for Client {
    async fn files(&self, pr: &PrKey) -> Result<Files, GitHubError> {
        let path = format!("/repos/{}/pulls/{}/files", pr.repo, pr.number);
        let mut files: Vec<ChangedFile> = Vec::new();
        let mut room = LARGEST_PATCHES;
        let visit = |page: Vec<ChangedFile>| {
            for mut file in page {
                let bytes = file.patch.as_ref().map_or(0, String::len);
                match room.checked_sub(bytes) {
                    Some(left) => room = left,
                    None => file.patch = None,
                }
                files.push(file);
            }
            None::<()>
        };
        let end = self
            .visit(&pr.repo, &path, A_PAGE, MOST_PAGES, visit)
            .await?;
        files.truncate(MOST_FILES);
        Ok(Files {
            complete: match end {
                PageEnd::Last | PageEnd::Found(()) => files.len() < MOST_FILES,
                PageEnd::More => false,
            },
            files,
        })
    }
}
