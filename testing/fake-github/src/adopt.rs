//! Sets the state of the simulated GitHub from a sample delivery.

use crate::hunks::MalformedDiff;
use crate::model::{Account, Pull};
use crate::payload;
use crate::world::World;
use events::Timestamp;
use github::{AuthorKind, HeadSha, PrKey};
use serde_json::Value;
use std::collections::BTreeMap;

/// Reason why a payload does not describe a valid state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdoptError {
    /// A field is missing.
    #[error("the payload has no {field}")]
    Missing {
        /// Its JSON Pointer, such as `/pull_request/head/sha`.
        field: String,
    },
    /// A field has an unexpected value.
    #[error("the payload's {field} is {found}, not {wanted}")]
    Invalid {
        field: String,
        /// The value, shortened.
        found: String,
        /// Expected type or value.
        wanted: &'static str,
    },
    /// The diff is not in git's format.
    #[error(transparent)]
    Diff(#[from] MalformedDiff),
}

impl World {
    /// Updates the world to match the payload of a `pull_request` delivery: the pull
    /// request exists with that head, base, author, draft and state. Existing
    /// reviews and earlier commits are preserved. `diff` becomes the diff of
    /// `base.sha...head.sha`; if it is `None` and no diff is stored, requests for it
    /// fail with 404.
    pub fn adopt(&self, payload: &Value, diff: Option<String>) -> Result<PrKey, AdoptError> {
        let now = self.clock().now();
        let payload = Payload(payload);
        let pr = PrKey {
            repo: payload.name("/repository/full_name", "owner/name")?,
            number: payload.number("/pull_request/number")?,
        };
        let head: HeadSha = payload.name("/pull_request/head/sha", "a commit id")?;
        let base_sha: HeadSha = payload.name("/pull_request/base/sha", "a commit id")?;
        let updated_at = payload.time("/pull_request/updated_at")?.unwrap_or(now);
        let mut pull = Pull {
            repo_id: payload::id_of(pr.repo.as_str()),
            repo: pr.repo.clone(),
            number: pr.number,
            id: payload.number("/pull_request/id").unwrap_or(pr.number),
            title: payload.text("/pull_request/title")?.to_owned(),
            body: payload.text("/pull_request/body").ok().map(str::to_owned),
            author: payload.author()?,
            association: payload
                .text("/pull_request/author_association")
                .unwrap_or("NONE")
                .to_owned(),
            head_repo: match payload.get("/pull_request/head/repo") {
                None => None, // the fork was deleted
                Some(_) => Some(payload.name("/pull_request/head/repo/full_name", "owner/name")?),
            },
            head_branch: payload.text("/pull_request/head/ref")?.to_owned(),
            base_branch: payload.text("/pull_request/base/ref")?.to_owned(),
            base_sha: base_sha.clone(),
            commits: vec![head.clone()],
            head: head.clone(),
            removed_heads: Vec::new(),
            histories: BTreeMap::new(),
            draft: payload.flag("/pull_request/draft")?,
            open: payload.is_open()?,
            merged_at: payload.time("/pull_request/merged_at")?,
            labels: payload.labels()?,
            created_at: payload
                .time("/pull_request/created_at")?
                .unwrap_or(updated_at),
            updated_at,
            closed_at: payload.time("/pull_request/closed_at")?,
            installation: payload.number("/installation/id").ok(),
            reviews: Vec::new(),
            comments: 0,
            posted: Vec::new(),
        };
        let mut state = self.lock();
        if let Some(diff) = diff {
            state.store_diff(&pr.repo, &base_sha, &head, diff)?;
        }
        let repo = state.repos.or_default(&pr.repo);
        if let Some(before) = repo.pulls.remove(&pr.number) {
            pull.commits = before.commits;
            pull.removed_heads = before.removed_heads;
            pull.histories = before.histories;
            pull.commits.retain(|commit| *commit != head);
            pull.commits.push(head);
            pull.reviews = before.reviews;
            pull.comments = before.comments;
            pull.posted = before.posted;
        }
        repo.pulls.insert(pr.number, pull);
        Ok(pr)
    }
}

/// A payload read field by field, so that errors name the invalid field.
struct Payload<'a>(&'a Value);

impl<'a> Payload<'a> {
    /// Returns the field if it is present and not `null`.
    fn get(&self, field: &str) -> Option<&'a Value> {
        self.0.pointer(field).filter(|value| !value.is_null())
    }

    fn require(&self, field: &str) -> Result<&'a Value, AdoptError> {
        self.get(field).ok_or_else(|| AdoptError::Missing {
            field: field.to_owned(),
        })
    }

    fn text(&self, field: &str) -> Result<&'a str, AdoptError> {
        let value = self.require(field)?;
        value
            .as_str()
            .ok_or_else(|| invalid(field, value, "a text"))
    }

    fn number(&self, field: &str) -> Result<u64, AdoptError> {
        let value = self.require(field)?;
        let number = value.as_u64().filter(|number| *number > 0);
        number.ok_or_else(|| invalid(field, value, "a number from 1"))
    }

    fn flag(&self, field: &str) -> Result<bool, AdoptError> {
        let Some(value) = self.get(field) else {
            return Ok(false);
        };
        value
            .as_bool()
            .ok_or_else(|| invalid(field, value, "true or false"))
    }

    fn name<T: std::str::FromStr>(
        &self,
        field: &str,
        wanted: &'static str,
    ) -> Result<T, AdoptError> {
        let text = self.text(field)?;
        text.parse()
            .map_err(|_| invalid(field, &Value::from(text), wanted))
    }

    fn time(&self, field: &str) -> Result<Option<Timestamp>, AdoptError> {
        match self.get(field) {
            None => Ok(None),
            Some(_) => self.name(field, "a time, RFC 3339").map(Some),
        }
    }

    fn author(&self) -> Result<Account, AdoptError> {
        let login = self.text("/pull_request/user/login")?;
        Ok(match self.get("/pull_request/user/type") {
            None => Account::named(login),
            Some(_) => Account {
                login: login.to_owned(),
                kind: match self.text("/pull_request/user/type")? {
                    "Bot" => AuthorKind::Bot,
                    _ => AuthorKind::User,
                },
            },
        })
    }

    fn is_open(&self) -> Result<bool, AdoptError> {
        const FIELD: &str = "/pull_request/state";
        match self.text(FIELD)? {
            "open" => Ok(true),
            "closed" => Ok(false),
            other => Err(invalid(FIELD, &Value::from(other), "open or closed")),
        }
    }

    fn labels(&self) -> Result<Vec<String>, AdoptError> {
        const FIELD: &str = "/pull_request/labels";
        let Some(value) = self.get(FIELD) else {
            return Ok(Vec::new());
        };
        let labels = value
            .as_array()
            .ok_or_else(|| invalid(FIELD, value, "a list"))?;
        (0..labels.len())
            .map(|at| self.text(&format!("{FIELD}/{at}/name")).map(str::to_owned))
            .collect()
    }
}

fn invalid(field: &str, found: &Value, wanted: &'static str) -> AdoptError {
    AdoptError::Invalid {
        field: field.to_owned(),
        found: found.to_string().chars().take(80).collect(),
        wanted,
    }
}
