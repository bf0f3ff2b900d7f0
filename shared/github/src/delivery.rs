//! Webhook deliveries: converts GitHub's event, action and payload into a topic and a
//! small typed body ("Webhook events and payloads").

mod known;
mod payload;

use crate::{Author, Base, HeadSha, InvalidKey, PrKey, PullRequestChanged, RepoName};
use events::{NewEvent, Topic};
use payload::Payload;
use serde::{Deserialize, Serialize};

/// A parsed delivery, ready to publish on the bus.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Topic, subject and body.
    pub say: NewEvent,
    /// `false` if the event is missing from the list of documented events. Such an
    /// event is published too, under the topic derived from its name.
    pub known: bool,
}

/// Reason for rejecting a delivery. The sender is at fault: 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDelivery {
    /// `X-GitHub-Event` is not an event name.
    #[error("X-GitHub-Event: {0:?} is not an event name")]
    EventName(String),
    /// The body is not JSON, or not an object.
    #[error("the body is not a JSON object: {0}")]
    Json(String),
    /// The action cannot be part of a topic.
    #[error("action: {0:?} is not an action")]
    Action(String),
    /// A required field is missing or invalid.
    #[error("{event}: {field} is missing or invalid")]
    Field {
        /// GitHub's event.
        event: String,
        /// The field's path within the payload.
        field: &'static str,
    },
    /// A repository, number or commit id is invalid.
    #[error(transparent)]
    Key(#[from] InvalidKey),
}

/// Body of every event that is not about a pull request itself. It holds references
/// only, none of the user's text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The repository, if the event has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repo: Option<RepoName>,
    /// Number of the issue or pull request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// Id of the comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment_id: Option<u64>,
    /// Id of the review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_id: Option<u64>,
    /// Commit that the checks ran on, for `check_suite` and `status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_sha: Option<HeadSha>,
    /// Numbers of the pull requests that the checks belong to, for `check_suite`.
    /// GitHub lists none from forks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pull_requests: Vec<u64>,
    /// State of a commit status, for `status`: `error`, `failure`, `pending` or `success`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Branch or tag, for `push`, `create` and `delete`.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Login of the account that caused the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// App installation that the delivery came through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installation: Option<u64>,
}

impl Delivery {
    /// Parses the `body` of a delivery of GitHub's `event`.
    ///
    /// # Errors
    /// [`InvalidDelivery`] names the invalid part.
    pub fn read(event: &str, body: &[u8]) -> Result<Self, InvalidDelivery> {
        let name = || event.chars().take(80).collect::<String>();
        if event.contains('.') || event.parse::<Topic>().is_err() {
            return Err(InvalidDelivery::EventName(name()));
        }
        // Serde accepts an array for a struct whose fields are all optional.
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err(InvalidDelivery::Json("it does not begin with {".to_owned()));
        }
        let payload: Payload = serde_json::from_slice(body)
            .map_err(|error| InvalidDelivery::Json(error.to_string()))?;
        let topic = topic(event, &payload)?;
        let say = if event == "pull_request" {
            let changed = changed(&payload)?;
            NewEvent {
                topic,
                subject: changed.pr.to_string(),
                data: serde_json::json!(changed),
            }
        } else {
            let about = reference(&payload);
            NewEvent {
                topic,
                subject: subject(&about),
                data: serde_json::json!(about),
            }
        };
        let known = known::EVENTS.binary_search(&event).is_ok();
        Ok(Self { say, known })
    }
}

/// Maps `pull_request` + `opened` to `github.pr.opened`, and so on (README, "Topics and
/// patterns").
fn topic(event: &str, payload: &Payload) -> Result<Topic, InvalidDelivery> {
    let about = match event {
        "pull_request" => "pr",
        "issues" => "issue",
        "issue_comment"
            if payload
                .issue
                .as_ref()
                .is_some_and(|i| i.pull_request.is_some()) =>
        {
            "pr.comment"
        }
        "issue_comment" => "issue.comment",
        "pull_request_review" => "pr.review",
        "pull_request_review_comment" => "pr.review_comment",
        "pull_request_review_thread" => "pr.review_thread",
        other => other,
    };
    let Some(action) = &payload.action else {
        return format!("github.{about}")
            .parse()
            .map_err(|_| InvalidDelivery::EventName(event.to_owned()));
    };
    let invalid = || InvalidDelivery::Action(action.chars().take(80).collect());
    if action.contains('.') {
        return Err(invalid());
    }
    format!("github.{about}.{action}")
        .parse()
        .map_err(|_| invalid())
}

fn changed(payload: &Payload) -> Result<PullRequestChanged, InvalidDelivery> {
    let need = |field| InvalidDelivery::Field {
        event: "pull_request".to_owned(),
        field,
    };
    let repo = payload
        .repository
        .as_ref()
        .ok_or_else(|| need("repository.full_name"))?;
    let pull = payload
        .pull_request
        .as_ref()
        .ok_or_else(|| need("pull_request"))?;
    let number = pull.number.or(payload.number).filter(|number| *number > 0);
    let head = pull
        .head
        .as_ref()
        .ok_or_else(|| need("pull_request.head.sha"))?;
    let base = pull
        .base
        .as_ref()
        .ok_or_else(|| need("pull_request.base.sha"))?;
    Ok(PullRequestChanged {
        pr: PrKey {
            repo: repo.full_name.parse()?,
            number: number.ok_or_else(|| need("pull_request.number"))?,
        },
        action: payload.action.clone().ok_or_else(|| need("action"))?,
        head_sha: head.sha.parse()?,
        before: payload.before.as_ref().and_then(|sha| sha.parse().ok()),
        head_repo: head
            .repo
            .as_ref()
            .and_then(|repo| repo.full_name.parse().ok()),
        base: Base {
            branch: base.reference.clone(),
            sha: base.sha.parse()?,
        },
        author: pull
            .user
            .as_ref()
            .map_or_else(Author::ghost, |user| Author {
                login: user.login.clone(),
                kind: user.kind,
                association: pull.author_association.clone(),
            }),
        draft: pull.draft.unwrap_or(false),
        open: pull.state.as_deref() != Some("closed"),
        labels: pull
            .labels
            .iter()
            .flatten()
            .map(|label| label.name.clone())
            .collect(),
        updated_at: pull.updated_at,
        installation: payload.installation.as_ref().map(|it| it.id),
    })
}

fn reference(payload: &Payload) -> Reference {
    let issue = payload.issue.as_ref().and_then(|issue| issue.number);
    let pull = payload.pull_request.as_ref().and_then(|pull| pull.number);
    let repository = payload.repository.as_ref();
    let checks = payload.check_suite.as_ref();
    let pull_requests = checks.and_then(|checks| checks.pull_requests.as_ref());
    Reference {
        repo: repository.and_then(|repo| repo.full_name.parse().ok()),
        number: issue.or(pull).or(payload.number),
        comment_id: payload.comment.as_ref().map(|it| it.id),
        review_id: payload.review.as_ref().map(|it| it.id),
        head_sha: checks
            .and_then(|checks| checks.head_sha.as_ref())
            .or(payload.sha.as_ref())
            .and_then(|sha| sha.parse().ok()),
        state: payload.state.clone(),
        pull_requests: pull_requests
            .into_iter()
            .flatten()
            .map(|pull| pull.number)
            .collect(),
        reference: payload.reference.clone(),
        sender: payload.sender.as_ref().map(|user| user.login.clone()),
        installation: payload.installation.as_ref().map(|it| it.id),
    }
}

/// Returns `owner/name#7`, `owner/name`, or `github` without a repository.
fn subject(about: &Reference) -> String {
    match (&about.repo, about.number) {
        (Some(repo), Some(number)) => format!("{repo}#{number}"),
        (Some(repo), None) => repo.to_string(),
        (None, _) => "github".to_owned(),
    }
}

#[cfg(test)]
mod tests;
