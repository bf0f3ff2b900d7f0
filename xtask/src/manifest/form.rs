//! TOML form of a manifest.

use super::{Invoke, Setting};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Manifest {
    pub(super) description: Spanned<String>,
    pub(super) http: Option<Spanned<String>>,
    pub(super) required: Option<Spanned<bool>>,
    pub(super) schedule: Option<Spanned<String>>,
    pub(super) sample: Option<Spanned<String>>,
    pub(super) timeout: Option<Spanned<u64>>,
    pub(super) memory: Option<Spanned<u64>>,
    pub(super) reserved_concurrency: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) emits: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) own_events: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) environment: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) subscribe: Vec<Spanned<Subscribe>>,
    #[serde(default)]
    pub(super) needs: NeedsTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Subscribe {
    pub(super) name: Option<Spanned<String>>,
    pub(super) topics: Spanned<Vec<Spanned<String>>>,
    pub(super) filter: Option<Spanned<Value>>,
    pub(super) invoke: Invoke,
    pub(super) source: Option<Spanned<String>>,
    pub(super) delay: Option<Spanned<Setting>>,
    pub(super) concurrency: Option<Spanned<Setting>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct NeedsTable {
    pub(super) state: Option<Spanned<StateTable>>,
    pub(super) bus: Option<Spanned<bool>>,
    pub(super) github_read: Option<Spanned<bool>>,
    pub(super) github_write: Option<Spanned<bool>>,
    pub(super) model: Option<Spanned<bool>>,
    pub(super) policy: Option<Spanned<bool>>,
    pub(super) clock: Option<Spanned<bool>>,
    pub(super) entropy: Option<Spanned<bool>>,
    pub(super) secrets: BTreeMap<String, Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StateTable {
    #[serde(default)]
    pub(super) read: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) write: Vec<Spanned<String>>,
}

/// Returns whether a need is set to true.
pub(super) fn is_set(need: Option<&Spanned<bool>>) -> bool {
    need.is_some_and(|it| *it.get_ref())
}
