//! Parser of a manifest.

use super::check::Check;
use super::form::{Manifest, StateTable, is_set};
use super::message::plain;
use super::{Function, Key, Needs, Problem, State, values};
use std::collections::BTreeMap;
use toml::Spanned;

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
    let subscriptions = values::manifest(&mut check, name, &manifest);
    let sample = values::sample(&mut check, &manifest, &subscriptions);
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
