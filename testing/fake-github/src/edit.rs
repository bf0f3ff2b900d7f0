//! Edits of a pull request and of its base branch. Each edit returns the resulting webhook
//! delivery.

use crate::WebhookDelivery;
use crate::payload;
use crate::world::World;
use github::{HeadSha, PrKey, RepoName};
use serde_json::json;

/// # Panics
/// Every edit panics if it is impossible on GitHub: the pull request does not exist, or
/// the diff is not in git's format.
impl World {
    /// Changes the base branch: `pull_request` `edited` with `changes.base`. `diff` is
    /// the diff of the whole pull request, from the new base to its head.
    #[track_caller]
    pub fn retarget(&self, pr: &PrKey, branch: &str, diff: impl Into<String>) -> WebhookDelivery {
        let now = self.clock().now();
        let mut state = self.lock();
        let new = state.next_sha();
        let tip = state.repo(&pr.repo).and_then(|repo| repo.tip(branch));
        let base = tip.unwrap_or(new);
        let pull = state.expect_pull(pr);
        assert_ne!(pull.base_branch, branch, "{pr} has this base branch");
        let from = (pull.base_branch.clone(), pull.base_sha.clone());
        let head = pull.head.clone();
        branch.clone_into(&mut pull.base_branch);
        pull.base_sha = base.clone();
        pull.updated_at = now;
        // A branch keeps its commit while no pull request has it as base.
        if let Some(repo) = state.repos.get_mut(&pr.repo) {
            repo.tips.entry(from.0.clone()).or_insert(from.1.clone());
        }
        state.store_valid_diff(pr, &base, &head, diff.into());
        let (branch, sha) = from;
        let changes = json!({"base": {"ref": {"from": branch}, "sha": {"from": sha}}});
        state.deliver_pull_request(pr, "edited", json!({"changes": changes}))
    }

    /// Force-pushes the branch back to an earlier head: `pull_request` `synchronize`.
    /// `diff` is the diff of the whole pull request, from its base to that head.
    #[track_caller]
    pub fn force_push_back(
        &self,
        pr: &PrKey,
        head: &HeadSha,
        diff: impl Into<String>,
    ) -> WebhookDelivery {
        let now = self.clock().now();
        let mut state = self.lock();
        let pull = state.expect_pull(pr);
        let (base, before) = (pull.base_sha.clone(), pull.head.clone());
        assert_ne!(before, *head, "{pr} is at this head");
        let Some(history) = pull.histories.get(head).cloned() else {
            panic!("{head} was no head of {pr}");
        };
        let commits = std::mem::replace(&mut pull.commits, history);
        for commit in commits {
            if !pull.removed_heads.contains(&commit) {
                pull.removed_heads.push(commit);
            }
        }
        pull.removed_heads.retain(|it| !pull.commits.contains(it));
        pull.head = head.clone();
        pull.updated_at = now;
        state.store_valid_diff(pr, &base, head, diff.into());
        let more = json!({"before": before, "after": head});
        state.deliver_pull_request(pr, "synchronize", more)
    }

    /// Removes a label: `pull_request` `unlabeled`.
    #[track_caller]
    pub fn unlabel(&self, pr: &PrKey, name: &str) -> WebhookDelivery {
        let now = self.clock().now();
        let mut state = self.lock();
        let pull = state.expect_pull(pr);
        assert!(
            pull.labels.iter().any(|label| label == name),
            "{pr} does not have the label {name}"
        );
        pull.labels.retain(|label| label != name);
        pull.updated_at = now;
        let label = payload::labels(&[name.to_owned()]).pop();
        state.deliver_pull_request(pr, "unlabeled", json!({"label": label}))
    }

    /// Changes the title: `pull_request` `edited` with `changes.title`.
    #[track_caller]
    pub fn edit_title(&self, pr: &PrKey, title: &str) -> WebhookDelivery {
        let now = self.clock().now();
        let mut state = self.lock();
        let pull = state.expect_pull(pr);
        let before = std::mem::replace(&mut pull.title, title.to_owned());
        pull.updated_at = now;
        let more = json!({"changes": {"title": {"from": before}}});
        state.deliver_pull_request(pr, "edited", more)
    }

    /// Pushes a commit that writes a file to a branch: `push`. Open pull requests keep
    /// their base commit.
    pub fn push_file(
        &self,
        repo: &RepoName,
        branch: &str,
        path: &str,
        text: impl Into<Vec<u8>>,
    ) -> WebhookDelivery {
        self.put_file(repo, branch, path, text);
        let now = self.clock().now();
        let mut state = self.lock();
        let (first, after) = (state.next_sha(), state.next_sha());
        let (id, name) = state.repos.identity(repo);
        let here = state.repos.or_default(repo);
        let before = here.tip(branch).unwrap_or(first);
        here.tips.insert(branch.to_owned(), after.clone());
        let body = payload::push((&name, id), branch, (&before, &after), path, now);
        state.deliver("push", None, &body)
    }
}
