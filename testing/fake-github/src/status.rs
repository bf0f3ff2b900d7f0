//! "Commit statuses".

use crate::answer::{Failure, Refusal};
use crate::call::Call;
use crate::model::{Status, StatusState};
use crate::{WebhookDelivery, World, payload};
use github::{HeadSha, RepoName};
use serde_json::json;

impl World {
    /// Sets a commit's status in a context, such as `ci/build`: `status`.
    pub fn set_status(
        &self,
        repo: &RepoName,
        head: &HeadSha,
        context: &str,
        state: StatusState,
    ) -> WebhookDelivery {
        let mut all = self.lock();
        let statuses = &mut all.repos.or_default(repo).statuses;
        statuses.retain(|status| (&status.head, status.context.as_str()) != (head, context));
        statuses.push(Status {
            head: head.clone(),
            context: context.to_owned(),
            state,
        });
        let (id, name) = all.repos.identity(repo);
        let body = json!({
            "sha": head,
            "context": context,
            "state": state.as_str(),
            "repository": payload::repository(&name, id),
        });
        all.deliver("status", None, &body)
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
