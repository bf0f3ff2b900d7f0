//! TOML form of a manifest.

use super::check::Check;
use super::message::plain;
use super::{Function, Invoke, Key, Needs, Problem, Setting, State};
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

/// Parses and validates one manifest; parameters must exist in `base`.
///
/// # Errors
/// Every problem, by line.
pub fn parse(name: &str, text: &str, base: &str) -> Result<Function, Vec<Problem>> {
    let mut check = Check::new(name, text, base);
    let manifest: Manifest = match toml::from_str(text) {
        Ok(manifest) => manifest,
        Err(error) => {
            let span = error.span().unwrap_or_default();
            check.refuse(&span, plain(error.message()));
            return Err(check.problems);
        }
    };
    let subscriptions = check.manifest(name, &manifest);
    let sample = check.sample(&manifest, &subscriptions);
    if !check.problems.is_empty() {
        return Err(check.problems);
    }
    let mut lines = BTreeMap::new();
    let mut mark = |key: Key, value: &Spanned<String>| {
        let line = check.line(&value.span());
        lines.entry((key, value.get_ref().clone())).or_insert(line);
    };
    for topic in manifest
        .subscribe
        .iter()
        .flat_map(|it| it.get_ref().topics.get_ref())
    {
        mark(Key::Topics, topic);
    }
    manifest
        .emits
        .iter()
        .for_each(|topic| mark(Key::Emits, topic));
    if let Some(state) = &manifest.needs.state {
        let StateTable { read, write } = state.get_ref();
        read.iter()
            .chain(write)
            .for_each(|kind| mark(Key::State, kind));
    }
    let variables = manifest.environment.values();
    variables.for_each(|parameter| mark(Key::Environment, parameter));
    let secrets = manifest.needs.secrets.values();
    secrets.for_each(|parameter| mark(Key::Secret, parameter));
    let scheduled = subscriptions.iter().skip(manifest.subscribe.len());
    for subscription in scheduled {
        let topics = subscription.topics.iter();
        lines.extend(topics.map(|it| ((Key::Topics, it.clone()), subscription.line)));
    }
    let (sample, line) = sample.unwrap_or_default();
    lines.insert((Key::Sample, sample.clone()), line);
    let http = manifest.http.map(|http| super::Route {
        line: check.line(&http.span()),
        key: http.into_inner(),
    });
    let needs = manifest.needs;
    Ok(Function {
        name: name.to_owned(),
        description: manifest.description.into_inner(),
        http,
        schedule: manifest.schedule.map(Spanned::into_inner),
        subscriptions,
        emits: texts(manifest.emits),
        timeout: manifest.timeout.map(Spanned::into_inner),
        memory: manifest.memory.map(Spanned::into_inner),
        environment: by_variable(manifest.environment),
        sample,
        needs: Needs {
            bus: is_set(needs.bus.as_ref()),
            github_read: is_set(needs.github_read.as_ref()),
            github_write: is_set(needs.github_write.as_ref()),
            model: is_set(needs.model.as_ref()),
            policy: is_set(needs.policy.as_ref()),
            clock: is_set(needs.clock.as_ref()),
            entropy: is_set(needs.entropy.as_ref()),
            state: needs.state.map(Spanned::into_inner).map(|it| State {
                read: texts(it.read),
                write: texts(it.write),
            }),
            secrets: by_variable(needs.secrets),
        },
        reserved_concurrency: manifest.reserved_concurrency.map(Spanned::into_inner),
        is_required: is_set(manifest.required.as_ref()),
        lines,
    })
}

fn texts(values: Vec<Spanned<String>>) -> Vec<String> {
    values.into_iter().map(Spanned::into_inner).collect()
}

fn by_variable(values: BTreeMap<String, Spanned<String>>) -> BTreeMap<String, String> {
    let values = values.into_iter();
    values
        .map(|(name, value)| (name, value.into_inner()))
        .collect()
}
