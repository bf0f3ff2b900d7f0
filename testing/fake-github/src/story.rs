//! User actions on GitHub. Each action returns the resulting webhook delivery.

use crate::WebhookDelivery;
use crate::compare::compare;
use crate::model::{Account, Issue, PostedComment, Pull};
use crate::payload;
use crate::world::{State, World};
use events::Timestamp;
use github::port::{CommentId, NewReview, ReviewEvent};
use github::{HeadSha, PrKey, RepoName};
use serde_json::{Value, json};

/// A new pull request. Set the fields that matter to the test and use the defaults for
/// the rest: `octocat` proposes an empty change to the branch `main` of `octo/widgets`.
#[derive(Debug, Clone)]
pub struct NewPullRequest {
    pub repo: RepoName,
    /// Number; `None` selects the next free one.
    pub number: Option<u64>,
    /// Author's login; a login that ends in `[bot]` is an App.
    pub author: String,
    /// GitHub's `author_association`, such as `MEMBER` or `NONE`.
    pub association: String,
    pub title: String,
    pub body: Option<String>,
    /// `true` while not ready for review.
    pub draft: bool,
    /// Base branch, the target of the merge.
    pub base_branch: String,
    /// Branch of the head.
    pub head_branch: String,
    /// Fork of the head; `None` is the repository itself.
    pub head_repo: Option<RepoName>,
    /// Names of the labels.
    pub labels: Vec<String>,
    /// Unified diff in git's format.
    pub diff: String,
}

impl Default for NewPullRequest {
    #[expect(clippy::expect_used, reason = "a repository's name")]
    fn default() -> Self {
        Self {
            repo: "octo/widgets".parse().expect("a repository's name"),
            number: None,
            author: "octocat".to_owned(),
            association: "CONTRIBUTOR".to_owned(),
            title: "Turn the widgets".to_owned(),
            body: None,
            draft: false,
            base_branch: "main".to_owned(),
            head_branch: "turn".to_owned(),
            head_repo: None,
            labels: Vec::new(),
            diff: String::new(),
        }
    }
}

/// # Panics
/// Every action panics if it is impossible on GitHub: the pull request does not exist,
/// or the diff is not in git's format.
impl World {
    /// Opens a pull request: `pull_request` `opened`.
    #[track_caller]
    pub fn open_pull_request(&self, new: NewPullRequest) -> WebhookDelivery {
        let now = self.clock().now();
        let mut state = self.lock();
        let (repo_id, name) = state.repos.identity(&new.repo);
        let (base_sha, head, id) = (state.next_sha(), state.next_sha(), state.next_id());
        let repo = state.repos.or_default(&new.repo);
        let number = new.number.unwrap_or_else(|| repo.next_number());
        let taken = repo.pulls.contains_key(&number) || repo.issues.contains_key(&number);
        assert!(!taken, "the number {number} is taken in {}", new.repo);
        // Pull requests of one test usually have the same base.
        let base_sha = repo.tip(&new.base_branch).unwrap_or(base_sha);
        let pull = Pull {
            head_repo: Some(new.head_repo.unwrap_or_else(|| name.clone())),
            repo: name,
            repo_id,
            number,
            id,
            title: new.title,
            body: new.body,
            author: Account::named(&new.author),
            association: new.association,
            head_branch: new.head_branch,
            base_branch: new.base_branch,
            base_sha: base_sha.clone(),
            commits: vec![head.clone()],
            head: head.clone(),
            removed_heads: Vec::new(),
            histories: [(head.clone(), vec![head.clone()])].into(),
            draft: new.draft,
            open: true,
            merged_at: None,
            labels: new.labels,
            created_at: now,
            updated_at: now,
            closed_at: None,
            installation: None,
            reviews: Vec::new(),
            comments: 0,
            posted: Vec::new(),
        };
        let pr = PrKey {
            repo: pull.repo.clone(),
            number,
        };
        repo.pulls.insert(number, pull);
        state.store_valid_diff(&pr, &base_sha, &head, new.diff);
        state.deliver_pull_request(&pr, "opened", json!({}))
    }

    /// Pushes one more commit as the author: `pull_request` `synchronize`. `diff` is
    /// the diff of the whole pull request, from its base to the new head. The new
    /// head can be compared with all earlier heads.
    #[track_caller]
    pub fn push(&self, pr: &PrKey, diff: impl Into<String>) -> WebhookDelivery {
        self.new_head(pr, diff.into(), false)
    }

    /// Force-pushes a rewritten branch as the author: `pull_request` `synchronize`.
    /// The earlier commits no longer belong to the pull request.
    #[track_caller]
    pub fn force_push(&self, pr: &PrKey, diff: impl Into<String>) -> WebhookDelivery {
        self.new_head(pr, diff.into(), true)
    }

    /// Force-pushes the branch back to an earlier commit without a webhook.
    pub fn push_back_to(&self, pr: &PrKey, head: &HeadSha) {
        if let Ok(pull) = self.lock().pull_mut(pr) {
            pull.head = head.clone();
            pull.commits.push(head.clone());
        }
    }

    #[track_caller]
    fn new_head(&self, pr: &PrKey, diff: String, rewritten: bool) -> WebhookDelivery {
        let now = self.clock().now();
        let mut state = self.lock();
        let after = state.next_sha();
        let pull = state.expect_pull(pr);
        let (base, before) = (pull.base_sha.clone(), pull.head.clone());
        if rewritten {
            pull.removed_heads.append(&mut pull.commits);
        }
        let (earlier, removed) = (pull.commits.clone(), pull.removed_heads.clone());
        pull.commits.push(after.clone());
        pull.histories.insert(after.clone(), pull.commits.clone());
        pull.head = after.clone();
        pull.updated_at = now;
        // "Compare two commits" compares from the merge base.
        for earlier in earlier {
            let changes = compare(&state.diff_text(pr, &base, &earlier), &diff);
            state.store_valid_diff(pr, &earlier, &after, changes);
            state.store_valid_diff(pr, &after, &earlier, String::new());
        }
        for removed in removed {
            let gone = state.diff_text(pr, &base, &removed);
            state.store_valid_diff(pr, &removed, &after, diff.clone());
            state.store_valid_diff(pr, &after, &removed, gone);
        }
        state.store_valid_diff(pr, &base, &after, diff);
        let more = json!({"before": before, "after": after});
        state.deliver_pull_request(pr, "synchronize", more)
    }

    /// Closes the pull request without merging: `pull_request` `closed`.
    #[track_caller]
    pub fn close(&self, pr: &PrKey) -> WebhookDelivery {
        self.change(pr, "closed", |pull, now| {
            pull.open = false;
            pull.closed_at = Some(now);
        })
    }

    /// Merges the pull request: `pull_request` `closed` with `merged: true`.
    #[track_caller]
    pub fn merge(&self, pr: &PrKey) -> WebhookDelivery {
        self.change(pr, "closed", |pull, now| {
            pull.open = false;
            pull.closed_at = Some(now);
            pull.merged_at = Some(now);
        })
    }

    /// `pull_request` `reopened`.
    #[track_caller]
    pub fn reopen(&self, pr: &PrKey) -> WebhookDelivery {
        self.change(pr, "reopened", |pull, _| {
            pull.open = true;
            pull.closed_at = None;
        })
    }

    /// `pull_request` `ready_for_review`.
    #[track_caller]
    pub fn ready_for_review(&self, pr: &PrKey) -> WebhookDelivery {
        self.change(pr, "ready_for_review", |pull, _| pull.draft = false)
    }

    /// `pull_request` `converted_to_draft`.
    #[track_caller]
    pub fn convert_to_draft(&self, pr: &PrKey) -> WebhookDelivery {
        self.change(pr, "converted_to_draft", |pull, _| pull.draft = true)
    }

    /// Sets a label: `pull_request` `labeled`.
    #[track_caller]
    pub fn label(&self, pr: &PrKey, name: &str) -> WebhookDelivery {
        let now = self.clock().now();
        let mut state = self.lock();
        let pull = state.expect_pull(pr);
        if !pull.labels.iter().any(|label| label == name) {
            pull.labels.push(name.to_owned());
        }
        pull.updated_at = now;
        let label = payload::labels(&[name.to_owned()]).pop();
        state.deliver_pull_request(pr, "labeled", json!({"label": label}))
    }

    /// Comments on the conversation page: `issue_comment` `created`, with
    /// `issue.pull_request`.
    #[track_caller]
    pub fn comment(&self, pr: &PrKey, user: &str, body: &str) -> WebhookDelivery {
        let now = self.clock().now();
        let mut state = self.lock();
        state.expect_pull(pr);
        match state.post_comment(pr, &Account::named(user), body, now) {
            Ok((_, delivery)) => delivery,
            Err(refusal) => panic!("{user} cannot comment on {pr}: {refusal:?}"),
        }
    }

    /// Writes a file to a branch, replacing an existing one.
    pub fn put_file(&self, repo: &RepoName, branch: &str, path: &str, text: impl Into<Vec<u8>>) {
        let mut state = self.lock();
        let repo = state.repos.or_default(repo);
        let files = repo.files.entry(branch.to_owned()).or_default();
        files.insert(path.to_owned(), text.into());
    }

    /// Posts a review from another account (or from the bot, outside this project):
    /// `pull_request_review` `submitted`, without inline comments.
    #[track_caller]
    pub fn submit_review(&self, pr: &PrKey, user: &str, body: &str) -> WebhookDelivery {
        let now = self.clock().now();
        let mut state = self.lock();
        let review = NewReview {
            commit_id: state.expect_pull(pr).head.clone(),
            event: ReviewEvent::Comment,
            body: body.to_owned(),
            comments: Vec::new(),
        };
        let posted = state.post_review(pr, &review, &Account::named(user), now);
        match posted {
            Ok((_, delivery)) => delivery,
            Err(refusal) => panic!("{user} cannot review {pr}: {refusal:?}"),
        }
    }

    /// Opens an issue: `issues` `opened`. Returns its number too.
    pub fn open_issue(
        &self,
        repo: &RepoName,
        user: &str,
        title: &str,
        body: &str,
    ) -> (u64, WebhookDelivery) {
        let now = self.clock().now();
        let mut state = self.lock();
        let id = state.next_id();
        let (repo_id, repo) = state.repos.identity(repo);
        let here = state.repos.or_default(&repo);
        let number = here.next_number();
        let issue = Issue {
            repo_id,
            number,
            id,
            title: title.to_owned(),
            body: body.to_owned(),
            author: Account::named(user),
            created_at: now,
            comments: 0,
        };
        let body = payload::issue_opened(&repo, &issue);
        here.issues.insert(number, issue);
        (number, state.deliver("issues", None, &body))
    }

    /// Comments on an issue: `issue_comment` `created`.
    #[track_caller]
    pub fn comment_on_issue(
        &self,
        repo: &RepoName,
        number: u64,
        user: &str,
        body: &str,
    ) -> WebhookDelivery {
        let now = self.clock().now();
        let mut state = self.lock();
        let id = state.next_id();
        let (_, name) = state.repos.identity(repo);
        let issue = state
            .repos
            .get_mut(repo)
            .and_then(|repo| repo.issues.get_mut(&number));
        let Some(issue) = issue else {
            panic!("there is no issue {repo}#{number}");
        };
        issue.comments += 1;
        let comment = PostedComment {
            id: CommentId(id),
            author: Account::named(user),
            body: body.to_owned(),
            created_at: now,
            updated_at: now,
        };
        let body = payload::issue_comment(&name, issue, &comment);
        state.deliver("issue_comment", None, &body)
    }

    /// Returns the newest commit of a pull request.
    #[track_caller]
    pub fn head(&self, pr: &PrKey) -> HeadSha {
        self.lock().expect_pull(pr).head.clone()
    }

    /// Returns the newest commit of its base branch.
    #[track_caller]
    pub fn base(&self, pr: &PrKey) -> HeadSha {
        self.lock().expect_pull(pr).base_sha.clone()
    }

    #[track_caller]
    pub(crate) fn change(
        &self,
        pr: &PrKey,
        action: &str,
        change: impl FnOnce(&mut Pull, Timestamp),
    ) -> WebhookDelivery {
        let now = self.clock().now();
        let mut state = self.lock();
        let pull = state.expect_pull(pr);
        change(pull, now);
        pull.updated_at = now;
        state.deliver_pull_request(pr, action, json!({}))
    }
}

impl State {
    /// Returns the pull request, or panics.
    #[track_caller]
    pub(crate) fn expect_pull(&mut self, pr: &PrKey) -> &mut Pull {
        match self.pull_mut(pr) {
            Ok(pull) => pull,
            Err(_) => panic!("there is no pull request {pr}"),
        }
    }

    /// Stores the diff, or panics.
    #[track_caller]
    pub(crate) fn store_valid_diff(
        &mut self,
        pr: &PrKey,
        base: &HeadSha,
        head: &HeadSha,
        diff: String,
    ) {
        if let Err(malformed) = self.store_diff(&pr.repo, base, head, diff) {
            panic!("the diff of {pr}: {malformed}");
        }
    }

    /// Returns the stored diff, or an empty text.
    fn diff_text(&self, pr: &PrKey, base: &HeadSha, head: &HeadSha) -> String {
        let diffs = self.repo(&pr.repo).map(|repo| &repo.diffs);
        let diff = diffs.and_then(|diffs| diffs.get(&(base.clone(), head.clone())));
        diff.map(|diff| diff.text.clone()).unwrap_or_default()
    }

    /// Creates a `pull_request` delivery; the author is its sender.
    #[track_caller]
    pub(crate) fn deliver_pull_request(
        &mut self,
        pr: &PrKey,
        action: &str,
        more: Value,
    ) -> WebhookDelivery {
        let pull = self.expect_pull(pr).clone();
        self.record(&pull, pull.updated_at);
        let count = self.count(&pull);
        let body = payload::pull_request_event(action, &pull, count, more);
        let pr = PrKey {
            repo: pull.repo,
            number: pull.number,
        };
        self.deliver("pull_request", Some(pr), &body)
    }
}
