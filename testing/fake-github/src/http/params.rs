//! Path parameters: the repository, by name or by id, and the rest of the path.

use super::error::ErrorResponse;
use crate::World;
use crate::answer::Refusal;
use crate::payload;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use github::{HeadSha, PrKey, RepoName};
use std::collections::BTreeMap;

/// Parameters of a repository path: `/repos/{owner}/{repo}/…`, or
/// `/repositories/{id}/…`, which GitHub uses in `Link` headers.
pub(super) struct PathParams {
    pub(super) repo: RepoName,
    rest: BTreeMap<String, String>,
}

impl PathParams {
    pub(super) fn text(&self, name: &str) -> Result<&str, Refusal> {
        let found = self.rest.get(name).map(String::as_str);
        found.ok_or_else(Refusal::not_found)
    }

    pub(super) fn number(&self, name: &str) -> Result<u64, Refusal> {
        self.text(name)?.parse().map_err(|_| Refusal::not_found())
    }

    pub(super) fn pr(&self) -> Result<PrKey, Refusal> {
        Ok(PrKey {
            repo: self.repo.clone(),
            number: self.number("number")?,
        })
    }
}

pub(super) fn sha(text: &str) -> Result<HeadSha, Refusal> {
    text.parse().map_err(|_| Refusal::not_found())
}

impl FromRequestParts<World> for PathParams {
    type Rejection = ErrorResponse;

    async fn from_request_parts(parts: &mut Parts, world: &World) -> Result<Self, ErrorResponse> {
        let not_found = || ErrorResponse(Refusal::not_found());
        let raw = RawPathParams::from_request_parts(parts, world).await;
        let raw = raw.map_err(|_| not_found())?;
        let rest: BTreeMap<String, String> = raw
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let repo = match (rest.get("owner"), rest.get("repo"), rest.get("id")) {
            (Some(owner), Some(repo), _) => format!("{owner}/{repo}")
                .parse()
                .ok()
                .map(|repo| world.lock().repos.first_name(&repo).clone()),
            (_, _, Some(id)) => find_repo(world, id),
            _ => None,
        };
        Ok(Self {
            repo: repo.ok_or_else(not_found)?,
            rest,
        })
    }
}

/// Returns the repository with this id.
pub(super) fn find_repo(world: &World, id: &str) -> Option<RepoName> {
    let id: u64 = id.parse().ok()?;
    let state = world.lock();
    let mut names = state.repos.names();
    names
        .find(|repo| payload::id_of(repo.as_str()) == id)
        .cloned()
}
