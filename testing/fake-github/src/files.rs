//! "List pull requests files".

use crate::answer::{Failure, Refusal};
use crate::call::Call;
use crate::hunks::{DiffLines, FileChange};
use crate::{ProcessGitHub, World};
use async_trait::async_trait;
use github::PrKey;
use github::port::{ChangedFile, FileStatus, Files, GitHubError, MOST_FILES, ReadFiles};

/// Number of files with a patch; GitHub may omit the patches of later files.
const MOST_PATCHES: usize = 300;

/// Maximum number of lines of a patch.
const MOST_LINES: usize = 3_000;

impl World {
    /// Returns the files, at most 3,000.
    pub(crate) async fn get_files(&self, pr: &PrKey) -> Result<Vec<ChangedFile>, Failure> {
        self.answer(Call::ListFiles, None, |state, _| {
            let pull = state.pull(pr)?;
            let repo = state.repo(&pr.repo).ok_or_else(Refusal::not_found)?;
            let diff = (pull.base_sha.clone(), pull.head.clone());
            Ok(repo
                .diffs
                .get(&diff)
                .map(|diff| list_files(&diff.lines))
                .unwrap_or_default())
        })
        .await
    }
}

fn list_files(lines: &DiffLines) -> Vec<ChangedFile> {
    let files = lines.files().take(MOST_FILES).enumerate();
    files
        .map(|(nth, (path, change))| format_file(path, change, nth < MOST_PATCHES))
        .collect()
}

fn format_file(path: &str, change: &FileChange, whole: bool) -> ChangedFile {
    let few = change.patch.lines().take(MOST_LINES + 1).count() <= MOST_LINES;
    let patch = (whole && few && !change.patch.is_empty()).then(|| {
        change
            .patch
            .strip_suffix('\n')
            .unwrap_or_default()
            .to_owned()
    });
    let count = |lines: usize| if whole { lines as u64 } else { 0 };
    ChangedFile {
        filename: path.to_owned(),
        previous_filename: change.previous.clone(),
        status: change.status.unwrap_or(FileStatus::Modified),
        additions: count(change.additions),
        deletions: count(change.deletions),
        changes: count(change.additions + change.deletions),
        patch,
    }
}

#[async_trait]
impl ReadFiles for ProcessGitHub {
    async fn files(&self, pr: &PrKey) -> Result<Files, GitHubError> {
        let call = || format!("GET /repos/{}/pulls/{}/files", pr.repo, pr.number);
        let found = self.world.get_files(pr).await;
        let files = found.map_err(|failure| self.error(call(), failure))?;
        Ok(Files {
            complete: files.len() < MOST_FILES,
            files,
        })
    }
}
