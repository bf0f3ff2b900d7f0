//! "Commit statuses".

use crate::World;
use crate::answer::Refusal;
use crate::call::{Call, Failure};
use github::{HeadSha, RepoName};

/// State of a commit status ("Create a commit status", `state`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusState {
    /// The check could not run.
    Error,
    /// The check failed.
    Failure,
    /// The check is running.
    Pending,
    /// The check passed.
    Success,
}

impl StatusState {
    pub(crate) fn is_green(self) -> bool {
        match self {
            Self::Success => true,
            Self::Error | Self::Failure | Self::Pending => false,
        }
    }

    #[cfg(feature = "http")]
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Failure => "failure",
            Self::Pending => "pending",
            Self::Success => "success",
        }
    }
}

/// The latest status of a context at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) head: HeadSha,
    pub(crate) context: String,
    pub(crate) state: StatusState,
}

impl World {
    /// Sets a commit's status in a context, such as `ci/build`.
    pub fn set_status(&self, repo: &RepoName, head: &HeadSha, context: &str, state: StatusState) {
        let mut all = self.lock();
        let statuses = &mut all.repos.entry(repo.clone()).or_default().statuses;
        statuses.retain(|status| (&status.head, status.context.as_str()) != (head, context));
        statuses.push(Status {
            head: head.clone(),
            context: context.to_owned(),
            state,
        });
    }

    /// Returns the latest status of each context.
    pub(crate) async fn get_statuses(
        &self,
        repo: &RepoName,
        head: &HeadSha,
    ) -> Result<Vec<Status>, Failure> {
        self.answer(Call::Status, None, |state, _| {
            let repo = state.repo(repo).ok_or_else(Refusal::not_found)?;
            let on = repo.statuses.iter().filter(|status| status.head == *head);
            Ok(on.cloned().collect())
        })
        .await
    }
}
