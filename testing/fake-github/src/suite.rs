//! "Check suites": one event when all of an App's checks on a commit have ended.

use crate::payload;
use crate::{WebhookDelivery, World};
use github::PrKey;
use serde_json::json;

impl World {
    /// Completes all checks of `app` on the pull request's head: `check_suite`
    /// `completed`. Set the checks with [`check_by`](World::check_by). GitHub lists
    /// the pull request only if its head is in the same repository.
    #[track_caller]
    pub fn checks_completed(&self, pr: &PrKey, app: &str) -> WebhookDelivery {
        let mut state = self.lock();
        let pull = state.expect_pull(pr).clone();
        let named = match pull.head_repo.as_ref() == Some(&pull.repo) {
            true => vec![json!({"number": pr.number, "head": {"sha": pull.head}})],
            false => vec![],
        };
        let body = json!({
            "action": "completed",
            "check_suite": {
                "head_sha": pull.head,
                "head_branch": pull.head_branch,
                "status": "completed",
                "app": {"slug": app.trim_end_matches("[bot]")},
                "pull_requests": named,
            },
            "repository": payload::repository(&pull.repo, pull.repo_id),
            "sender": payload::account(&crate::model::Account::named(app)),
        });
        state.deliver("check_suite", Some(pr.clone()), &body)
    }
}
