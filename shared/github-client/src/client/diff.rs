//! Reads the diff between two commits.

use super::{Client, get};
use crate::wire::{About, Call};
use async_trait::async_trait;
use github::port::{GitHubError, ReadDiff};
use github::{HeadSha, PrKey};

const DIFF: &str = "application/vnd.github.diff";

/// Size limit of a diff in bytes. GitHub's own limits are 20,000 lines and 300 files.
const LARGEST_DIFF: usize = 20 << 20;

#[async_trait]
impl ReadDiff for Client {
    /// Replaces bytes that are not UTF-8 (a file in another encoding) with U+FFFD.
    async fn diff(
        &self,
        pr: &PrKey,
        base: &HeadSha,
        head: &HeadSha,
    ) -> Result<String, GitHubError> {
        let path = format!("/repos/{}/compare/{base}...{head}", pr.repo);
        let url = self.at(&path, None);
        let call = Call {
            accept: DIFF,
            most: LARGEST_DIFF,
            ..get(About::Repository(pr.repo.clone()), path, url)
        };
        let answer = self.transport.read(&call).await?;
        Ok(String::from_utf8(answer.body)
            .unwrap_or_else(|odd| String::from_utf8_lossy(odd.as_bytes()).into_owned()))
    }
}
