//! Removes the folder of an agent.

use crate::manifest::{Function, Problem, is_name};
use crate::new::sample;
use crate::snapshot::Snapshot;
use crate::{base, lock, samples, template, wire};
use pattern::Event;
use std::fs;
use std::path::Path;

/// Removes the agent's folder and the samples that only it needs, and generates the wiring. Returns
/// the written and removed paths.
///
/// # Errors
/// The agent does not exist, the base file uses it, or the problems of the remaining manifests.
/// Every file is as before.
pub fn agent(root: &Path, name: &str) -> Result<Vec<String>, Vec<Problem>> {
    let failed = |problem: String| vec![Problem::of_option("remove agent", problem)];
    let folder = root.join("functions").join(name);
    if !is_name(name) || !folder.join("function.toml").is_file() {
        return Err(failed(format!("functions/{name} does not exist")));
    }
    let functions = wire::functions(root)?;
    let (removed, others): (Vec<_>, Vec<_>) = functions.iter().partition(|it| it.name == name);
    let removed = removed
        .first()
        .ok_or_else(|| failed(format!("functions/{name} does not exist")))?;
    let base = fs::read_to_string(root.join(base::PATH));
    let base = base.map_err(|error| failed(format!("{}: {error}", base::PATH)))?;
    let uses = template::uses(&base, removed).into_iter();
    let uses = uses.map(|(line, used)| {
        let reason = format!("it uses {used} of functions/{name}; remove that first");
        Problem::new(base::PATH, line, reason)
    });
    let uses: Vec<_> = uses.collect();
    if !uses.is_empty() {
        return Err(uses);
    }
    let mut paths = files(root, &format!("functions/{name}")).map_err(failed)?;
    paths.extend(own_samples(root, removed, &others).map_err(failed)?);
    let mut snapshot = Snapshot::new(root);
    let changed = delete(root, name, paths, &mut snapshot);
    changed.map_err(|problems| match snapshot.restore() {
        Ok(()) => problems,
        Err(error) => failed(error),
    })
}

fn delete(
    root: &Path,
    name: &str,
    mut paths: Vec<String>,
    snapshot: &mut Snapshot,
) -> Result<Vec<String>, Vec<Problem>> {
    let failed = |problem: String| vec![Problem::of_option("remove agent", problem)];
    for path in &paths {
        snapshot.remove(path).map_err(failed)?;
    }
    // Only folders are left.
    let folder = root.join("functions").join(name);
    fs::remove_dir_all(folder).map_err(|error| failed(error.to_string()))?;
    let outputs = wire::generate(root)?;
    for output in &outputs {
        snapshot.keep(&output.path).map_err(failed)?;
    }
    let wired = wire::write(root, &outputs).map_err(failed)?;
    snapshot.keep(lock::PATH).map_err(failed)?;
    lock::update(root).map_err(failed)?;
    paths.extend(wired.0);
    paths.push(lock::PATH.to_owned());
    Ok(paths)
}

/// Returns the paths of all files below a folder.
fn files(root: &Path, folder: &str) -> Result<Vec<String>, String> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        let failed = |error: std::io::Error| format!("{folder}: {error}");
        for entry in fs::read_dir(root.join(&folder)).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            match entry.file_type().map_err(failed)?.is_dir() {
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Returns the samples that `cargo xtask new agent` created for `removed` and that no other function
/// needs. A sample with another text is kept.
fn own_samples(
    root: &Path,
    removed: &Function,
    others: &[&Function],
) -> Result<Vec<String>, String> {
    let mut own = Vec::new();
    if let Some(http) = &removed.http {
        let path = format!("events/{}", removed.sample);
        let is_shared = others.iter().any(|it| it.sample == removed.sample);
        let text = fs::read_to_string(root.join(&path));
        if !is_shared && text.is_ok_and(|it| it == sample::request(&http.key)) {
            own.push(path);
        }
    }
    for path in files(root, samples::FOLDER)? {
        let name = path.rsplit('/').next().unwrap_or_default();
        let Ok(topic) = name.trim_end_matches(".json").parse() else {
            continue;
        };
        let text = fs::read_to_string(root.join(&path)).map_err(|it| format!("{path}: {it}"))?;
        let Ok(event) = Event::parse(&text) else {
            continue;
        };
        let is_generated = text == sample::event(&topic)?;
        let needs = |function: &Function, all: &str| {
            let emits = function.emits.iter().any(|it| it == topic.as_str());
            let listed = function.subscriptions.iter();
            let mut listed = listed.filter(|it| it.topics.iter().all(|topic| topic != all));
            emits || function.sample == format!("bus/{name}") || listed.any(|it| it.matches(&event))
        };
        // A subscription to all events needs no sample of its own.
        let is_shared = others.iter().any(|function| needs(function, "*"));
        if is_generated && needs(removed, "") && !is_shared {
            own.push(path);
        }
    }
    Ok(own)
}
