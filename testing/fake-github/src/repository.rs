//! Repositories, and changes of their names.

use crate::model::{Account, Repository};
use crate::world::World;
use crate::{WebhookDelivery, payload};
use github::RepoName;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// All repositories. A renamed repository answers under all its names, as GitHub
/// redirects the earlier ones ("Renaming a repository").
#[derive(Debug, Default)]
pub(crate) struct Repositories {
    /// Repositories by their first name, from which their id derives.
    all: BTreeMap<RepoName, Repository>,
    /// First name by each later name.
    first: BTreeMap<RepoName, RepoName>,
    /// Current name by the first name, if they differ.
    current: BTreeMap<RepoName, RepoName>,
}

impl Repositories {
    /// Returns the name at creation of the repository with this name.
    pub(crate) fn first_name<'a>(&'a self, name: &'a RepoName) -> &'a RepoName {
        self.first.get(name).unwrap_or(name)
    }

    /// Returns GitHub's id of the repository, and its current name.
    pub(crate) fn identity(&self, name: &RepoName) -> (u64, RepoName) {
        let first = self.first_name(name);
        let current = self.current.get(first).unwrap_or(first);
        (payload::id_of(first.as_str()), current.clone())
    }

    pub(crate) fn get(&self, name: &RepoName) -> Option<&Repository> {
        self.all.get(self.first_name(name))
    }

    pub(crate) fn get_mut(&mut self, name: &RepoName) -> Option<&mut Repository> {
        self.all.get_mut(self.first.get(name).unwrap_or(name))
    }

    /// Returns the repository, and creates it if it does not exist.
    pub(crate) fn or_default(&mut self, name: &RepoName) -> &mut Repository {
        let first = self.first.get(name).unwrap_or(name);
        self.all.entry(first.clone()).or_default()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Repository> {
        self.all.values()
    }

    /// Returns the first names of all repositories.
    pub(crate) fn names(&self) -> impl Iterator<Item = &RepoName> + std::fmt::Debug {
        self.all.keys()
    }

    fn rename(&mut self, from: &RepoName, to: &RepoName) {
        let first = self.first_name(from).clone();
        if let Some(repo) = self.all.get_mut(&first) {
            for pull in repo.pulls.values_mut() {
                if pull.head_repo.as_ref() == Some(&pull.repo) {
                    pull.head_repo = Some(to.clone());
                }
                pull.repo = to.clone();
            }
        }
        if first == *to {
            self.current.remove(&first);
        } else {
            self.first.insert(to.clone(), first.clone());
            self.current.insert(first, to.clone());
        }
    }
}

/// # Panics
/// Both panic if the repository does not exist, or if the new name is invalid or taken.
impl World {
    /// Renames the repository: `repository` `renamed`. The API answers under both names.
    #[track_caller]
    pub fn rename_repository(&self, repo: &RepoName, name: &str) -> WebhookDelivery {
        let (_, current) = self.lock().repos.identity(repo);
        let (owner, before) = current.as_str().split_once('/').unwrap_or_default();
        let changes = json!({"repository": {"name": {"from": before}}});
        self.move_repository("renamed", &current, &format!("{owner}/{name}"), changes)
    }

    /// Transfers the repository to another account: `repository` `transferred`. The API
    /// answers under both names.
    #[track_caller]
    pub fn transfer_repository(&self, repo: &RepoName, owner: &str) -> WebhookDelivery {
        let (_, current) = self.lock().repos.identity(repo);
        let (before, name) = current.as_str().split_once('/').unwrap_or_default();
        let before = payload::account(&Account::named(before));
        let changes = json!({"owner": {"from": {"user": before}}});
        self.move_repository("transferred", &current, &format!("{owner}/{name}"), changes)
    }

    #[track_caller]
    fn move_repository(
        &self,
        action: &str,
        from: &RepoName,
        to: &str,
        changes: Value,
    ) -> WebhookDelivery {
        let mut state = self.lock();
        let Ok(to) = to.parse::<RepoName>() else {
            panic!("{to} is no name of a repository");
        };
        let is_same = state.repos.first_name(&to) == state.repos.first_name(from);
        assert!(state.repos.get(from).is_some(), "there is no {from}");
        assert!(is_same || state.repos.get(&to).is_none(), "{to} is taken");
        state.repos.rename(from, &to);
        let (id, name) = state.repos.identity(&to);
        let body = payload::repository_event(action, (&name, id), changes);
        state.deliver("repository", None, &body)
    }
}
