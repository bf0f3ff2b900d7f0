//! "Commit statuses".

use crate::World;
use crate::answer::{Failure, Refusal};
use crate::call::Call;
use crate::model::{Status, StatusState};
use github::{HeadSha, RepoName};

impl World {
    /// Sets a commit's status in a context, such as `ci/build`.
    pub fn set_status(&self, repo: &RepoName, head: &HeadSha, context: &str, state: StatusState) {
        let mut all = self.lock();
        let statuses = &mut all.repos.or_default(repo).statuses;
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
