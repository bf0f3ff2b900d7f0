//! JSON in GitHub's formats: webhook payloads ("Webhook events and payloads") and REST
//! responses ("Pulls", "Pull request reviews"). All relevant fields are present, among
//! other typical fields.

use crate::hunks::FileCount;
use crate::model::{Account, Issue, PostedComment, PostedReview, Pull};
use events::Timestamp;
use github::{AuthorKind, HeadSha, RepoName};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const API: &str = "https://api.github.com";
const WEB: &str = "https://github.com";

/// Installation id, unless an adopted payload has another.
const INSTALLATION: u64 = 2_311_213;

/// Derives an id from a name; equal in every world.
pub(crate) fn id_of(name: &str) -> u64 {
    let hash = Sha256::digest(name.as_bytes());
    hash.iter()
        .take(4)
        .fold(0, |id, byte| id << 8 | u64::from(*byte))
}

pub(crate) fn second(at: Timestamp) -> String {
    // GitHub's times have whole seconds.
    Timestamp::from_second(at.as_second())
        .unwrap_or(at)
        .to_string()
}

pub(crate) fn account(account: &Account) -> Value {
    let (login, plain) = (
        &account.login,
        account.login.trim_end_matches("[bot]").to_owned(),
    );
    let html_url = match account.kind {
        AuthorKind::Bot => format!("{WEB}/apps/{plain}"),
        AuthorKind::User => format!("{WEB}/{login}"),
    };
    json!({
        "login": login,
        "id": id_of(login),
        "node_id": format!("MDQ6VXNlcj{}", id_of(login)),
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{}?v=4", id_of(login)),
        "url": format!("{API}/users/{login}"),
        "html_url": html_url,
        "type": match account.kind { AuthorKind::Bot => "Bot", AuthorKind::User => "User" },
        "site_admin": false,
    })
}

/// Formats a repository. A rename preserves its `id`.
pub(crate) fn repository(repo: &RepoName, id: u64) -> Value {
    let (owner, name) = repo.as_str().split_once('/').unwrap_or_default();
    json!({
        "id": id,
        "node_id": format!("R_{id:08x}"),
        "name": name,
        "full_name": repo,
        "private": false,
        "owner": account(&Account::named(owner)),
        "html_url": format!("{WEB}/{repo}"),
        "description": null,
        "fork": false,
        "url": format!("{API}/repos/{repo}"),
        "default_branch": "main",
        "visibility": "public",
    })
}

/// Formats a pull request's `head` or `base`. Its repository is `of`, or a fork of it.
fn branch(of: &Pull, repo: Option<&RepoName>, label: &str, sha: &HeadSha) -> Value {
    let is_fork = repo != Some(&of.repo);
    let id = |repo: &RepoName| match is_fork {
        true => id_of(repo.as_str()),
        false => of.repo_id,
    };
    let mut about = repo.map(|repo| repository(repo, id(repo)));
    if let Some(fork) = about.as_mut().and_then(|about| about.get_mut("fork")) {
        *fork = json!(is_fork);
    }
    let owner = repo.and_then(|repo| repo.as_str().split_once('/'));
    json!({
        "label": owner.map(|(owner, _)| format!("{owner}:{label}")),
        "ref": label,
        "sha": sha,
        "user": owner.map(|(owner, _)| account(&Account::named(owner))),
        "repo": about,
    })
}

pub(crate) fn labels(names: &[String]) -> Vec<Value> {
    let label = |name: &String| {
        json!({
            "id": id_of(name),
            "name": name,
            "color": "ededed",
            "default": false,
            "description": null,
        })
    };
    names.iter().map(label).collect()
}

/// Formats a pull request for webhooks and "Get a pull request".
pub(crate) fn pull_request(pull: &Pull, count: FileCount) -> Value {
    let (repo, number) = (&pull.repo, pull.number);
    json!({
        "url": format!("{API}/repos/{repo}/pulls/{number}"),
        "id": pull.id,
        "node_id": format!("PR_{:08x}", pull.id),
        "html_url": format!("{WEB}/{repo}/pull/{number}"),
        "diff_url": format!("{WEB}/{repo}/pull/{number}.diff"),
        "issue_url": format!("{API}/repos/{repo}/issues/{number}"),
        "number": number,
        "state": if pull.open { "open" } else { "closed" },
        "locked": false,
        "title": pull.title,
        "user": account(&pull.author),
        "body": pull.body,
        "created_at": second(pull.created_at),
        "updated_at": second(pull.updated_at),
        "closed_at": pull.closed_at.map(second),
        "merged_at": pull.merged_at.map(second),
        "merge_commit_sha": null,
        "assignee": null,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "labels": labels(&pull.labels),
        "milestone": null,
        "draft": pull.draft,
        "head": branch(pull, pull.head_repo.as_ref(), &pull.head_branch, &pull.head),
        "base": branch(pull, Some(repo), &pull.base_branch, &pull.base_sha),
        "author_association": pull.association,
        "auto_merge": null,
        "merged": pull.merged_at.is_some(),
        "mergeable": null,
        "mergeable_state": "unknown",
        "comments": pull.comments,
        "review_comments": pull.reviews.iter().map(|r| r.comments.len()).sum::<usize>(),
        "maintainer_can_modify": false,
        "commits": pull.commits.len(),
        "additions": count.additions,
        "deletions": count.deletions,
        "changed_files": count.files,
    })
}

/// Formats a `pull_request` event with the action's extra fields. The sender is the
/// author.
pub(crate) fn pull_request_event(
    action: &str,
    pull: &Pull,
    count: FileCount,
    more: Value,
) -> Value {
    let mut payload = json!({
        "action": action,
        "number": pull.number,
        "pull_request": pull_request(pull, count),
    });
    if let (Value::Object(payload), Value::Object(more)) = (&mut payload, more) {
        payload.extend(more);
    }
    add_common_fields(payload, of_pull(pull), &pull.author, pull.installation)
}

/// Formats a review for webhooks and "List reviews for a pull request".
pub(crate) fn review(pull: &Pull, review: &PostedReview) -> Value {
    let (repo, number, id) = (&pull.repo, pull.number, review.id.0);
    json!({
        "id": id,
        "node_id": format!("PRR_{id:08x}"),
        "user": account(&review.author),
        "body": review.body,
        "state": review.state(),
        "html_url": format!("{WEB}/{repo}/pull/{number}#pullrequestreview-{id}"),
        "pull_request_url": format!("{API}/repos/{repo}/pulls/{number}"),
        "submitted_at": second(review.submitted_at),
        "commit_id": review.commit_id,
        "author_association": "NONE",
    })
}

/// Formats `pull_request_review` `submitted`. Webhooks use a lower-case state.
pub(crate) fn review_submitted(pull: &Pull, count: FileCount, posted: &PostedReview) -> Value {
    let mut about = review(pull, posted);
    if let Some(Value::String(state)) = about.get_mut("state") {
        *state = state.to_lowercase();
    }
    let payload = json!({
        "action": "submitted",
        "review": about,
        "pull_request": pull_request(pull, count),
    });
    add_common_fields(payload, of_pull(pull), &posted.author, pull.installation)
}

/// Formats `issues` `opened`.
pub(crate) fn issue_opened(repo: &RepoName, about: &Issue) -> Value {
    let payload = json!({"action": "opened", "issue": issue(repo, about)});
    add_common_fields(payload, (repo, about.repo_id), &about.author, None)
}

fn issue(repo: &RepoName, issue: &Issue) -> Value {
    let number = issue.number;
    json!({
        "url": format!("{API}/repos/{repo}/issues/{number}"),
        "html_url": format!("{WEB}/{repo}/issues/{number}"),
        "id": issue.id,
        "number": number,
        "title": issue.title,
        "user": account(&issue.author),
        "labels": [],
        "state": "open",
        "locked": false,
        "assignees": [],
        "comments": issue.comments,
        "created_at": second(issue.created_at),
        "updated_at": second(issue.created_at),
        "closed_at": null,
        "author_association": "NONE",
        "body": issue.body,
        "performed_via_github_app": null,
    })
}

/// Formats `issue_comment` `created` on an issue.
pub(crate) fn issue_comment(repo: &RepoName, about: &Issue, comment: &PostedComment) -> Value {
    comment_created(
        (repo, about.repo_id),
        about.number,
        issue(repo, about),
        comment,
        None,
    )
}

/// Formats `issue_comment` `created` on a pull request; `issue.pull_request`
/// distinguishes it from one on an issue.
pub(crate) fn pull_request_comment(pull: &Pull, comment: &PostedComment) -> Value {
    let (repo, number) = (&pull.repo, pull.number);
    let about = json!({
        "url": format!("{API}/repos/{repo}/issues/{number}"),
        "html_url": format!("{WEB}/{repo}/pull/{number}"),
        "id": pull.id,
        "number": number,
        "title": pull.title,
        "user": account(&pull.author),
        "labels": labels(&pull.labels),
        "state": if pull.open { "open" } else { "closed" },
        "locked": false,
        "assignees": [],
        "comments": pull.comments,
        "created_at": second(pull.created_at),
        "updated_at": second(pull.updated_at),
        "closed_at": pull.closed_at.map(second),
        "author_association": pull.association,
        "body": pull.body,
        "performed_via_github_app": null,
        "draft": pull.draft,
        "pull_request": {
            "url": format!("{API}/repos/{repo}/pulls/{number}"),
            "html_url": format!("{WEB}/{repo}/pull/{number}"),
            "diff_url": format!("{WEB}/{repo}/pull/{number}.diff"),
            "patch_url": format!("{WEB}/{repo}/pull/{number}.patch"),
            "merged_at": pull.merged_at.map(second),
        },
    });
    comment_created(of_pull(pull), number, about, comment, pull.installation)
}

fn comment_created(
    (repo, repo_id): (&RepoName, u64),
    number: u64,
    about: Value,
    comment: &PostedComment,
    installation: Option<u64>,
) -> Value {
    let id = comment.id.0;
    let app = (comment.author.kind == AuthorKind::Bot).then(|| {
        let slug = comment.author.login.trim_end_matches("[bot]");
        json!({"id": id_of(slug), "slug": slug, "name": slug})
    });
    let payload = json!({
        "action": "created",
        "issue": about,
        "comment": {
            "url": format!("{API}/repos/{repo}/issues/comments/{id}"),
            "html_url": format!("{WEB}/{repo}/issues/{number}#issuecomment-{id}"),
            "issue_url": format!("{API}/repos/{repo}/issues/{number}"),
            "id": id,
            "user": account(&comment.author),
            "created_at": second(comment.created_at),
            "updated_at": second(comment.updated_at),
            "author_association": "NONE",
            "body": comment.body,
            "performed_via_github_app": app,
        },
    });
    add_common_fields(payload, (repo, repo_id), &comment.author, installation)
}

/// Formats a `push` of one commit that changes one file.
pub(crate) fn push(
    (repo, repo_id): (&RepoName, u64),
    branch: &str,
    (before, after): (&HeadSha, &HeadSha),
    path: &str,
    at: Timestamp,
) -> Value {
    let (owner, _) = repo.as_str().split_once('/').unwrap_or_default();
    let commit = json!({
        "id": after,
        "message": format!("Change {path}"),
        "timestamp": second(at),
        "url": format!("{WEB}/{repo}/commit/{after}"),
        "added": [],
        "removed": [],
        "modified": [path],
    });
    let payload = json!({
        "ref": format!("refs/heads/{branch}"),
        "before": before,
        "after": after,
        "created": false,
        "deleted": false,
        "forced": false,
        "base_ref": null,
        "compare": format!("{WEB}/{repo}/compare/{before}...{after}"),
        "commits": [commit],
        "head_commit": commit,
        "pusher": {"name": owner},
    });
    add_common_fields(payload, (repo, repo_id), &Account::named(owner), None)
}

/// Formats `repository` with the action's changes. The sender is the owner.
pub(crate) fn repository_event(
    action: &str,
    (repo, id): (&RepoName, u64),
    changes: Value,
) -> Value {
    let (owner, _) = repo.as_str().split_once('/').unwrap_or_default();
    let payload = json!({"action": action, "changes": changes});
    add_common_fields(payload, (repo, id), &Account::named(owner), None)
}

/// Returns name and id of the pull request's repository.
fn of_pull(pull: &Pull) -> (&RepoName, u64) {
    (&pull.repo, pull.repo_id)
}

/// Adds the fields common to all payloads.
fn add_common_fields(
    mut payload: Value,
    (repo, repo_id): (&RepoName, u64),
    sender: &Account,
    installation: Option<u64>,
) -> Value {
    if let Value::Object(fields) = &mut payload {
        fields.insert("repository".into(), repository(repo, repo_id));
        fields.insert("sender".into(), account(sender));
        let id = installation.unwrap_or(INSTALLATION);
        fields.insert(
            "installation".into(),
            json!({"id": id, "node_id": format!("MDIzOkluc3RhbGxhdGlvbj{id}")}),
        );
    }
    payload
}
