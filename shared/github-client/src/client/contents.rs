//! Reads small files and caches them by ETag.

use super::{Client, get};
use crate::wire::{About, Call};
use async_trait::async_trait;
use github::RepoName;
use github::port::{GitHubError, LARGEST_FILE, ReadFile, is_file_path};
use reqwest::header::{self, HeaderValue};
use std::collections::VecDeque;

const RAW: &str = "application/vnd.github.raw+json";

/// Maximum number of cached files.
const MOST_KEPT: usize = 64;

/// Cached files with their ETags ("Best practices for using the REST API", "Use
/// conditional requests"), the most recently used last.
#[derive(Default)]
pub(super) struct FileCache(VecDeque<File>);

#[derive(Clone)]
struct File {
    /// Request URL.
    url: String,
    etag: HeaderValue,
    text: Vec<u8>,
}

impl FileCache {
    /// Returns the cached file of `url` and marks it as used.
    fn take(&mut self, url: &str) -> Option<File> {
        let at = self.0.iter().position(|file| file.url == url)?;
        let file = self.0.remove(at)?;
        self.0.push_back(file.clone());
        Some(file)
    }

    fn keep(&mut self, file: File) {
        self.0.retain(|known| known.url != file.url);
        if self.0.len() >= MOST_KEPT {
            self.0.pop_front();
        }
        self.0.push_back(file);
    }
}

#[async_trait]
impl ReadFile for Client {
    async fn file(
        &self,
        repo: &RepoName,
        path: &str,
        reference: &str,
    ) -> Result<Option<Vec<u8>>, GitHubError> {
        let contents = format!("/repos/{repo}/contents");
        let rejected = || GitHubError::Rejected {
            call: format!("GET {contents}"),
            reason: "not a path within a repository".to_owned(),
        };
        if !is_file_path(path) {
            return Err(rejected());
        }
        let mut url = self.at(&contents, None);
        url.path_segments_mut()
            .map_err(|()| rejected())?
            .extend(path.split('/'));
        url.query_pairs_mut().append_pair("ref", reference);
        let key = url.to_string();
        let known = self.kept().take(&key);
        let call = Call {
            name: format!("GET {contents}/{path}"),
            accept: RAW,
            most: LARGEST_FILE,
            etag: known.as_ref().map(|file| file.etag.clone()),
            ..get(About::Repository(repo.clone()), contents.clone(), url)
        };
        let answer = match self.transport.read(&call).await {
            Ok(answer) => answer,
            Err(GitHubError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        if let (Some(file), true) = (known, answer.not_modified) {
            return Ok(Some(file.text));
        }
        let header = |name| answer.headers.get(name);
        let kind = header(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        // The path is a folder.
        if kind.is_some_and(|kind| kind.starts_with("application/json")) {
            return Ok(None);
        }
        if let Some(etag) = header(header::ETAG) {
            self.kept().keep(File {
                url: key,
                etag: etag.clone(),
                text: answer.body.clone(),
            });
        }
        Ok(Some(answer.body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evicts_least_recently_used_file() {
        let mut kept = FileCache::default();
        let file = |n: usize| File {
            url: n.to_string(),
            etag: HeaderValue::from_static("W/\"1\""),
            text: vec![],
        };
        for n in 0..MOST_KEPT {
            kept.keep(file(n));
        }
        assert!(kept.take("0").is_some(), "the first is used again");
        kept.keep(file(MOST_KEPT));
        kept.keep(file(MOST_KEPT));
        assert_eq!(kept.0.len(), MOST_KEPT);
        assert!(kept.take("0").is_some(), "so it is still there");
        assert!(kept.take("1").is_none(), "and the second had to go");
    }
}
