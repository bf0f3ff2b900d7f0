//! Creates the folder of a new agent.

mod files;
mod names;
mod options;
mod page;
pub(crate) mod sample;
mod scaffold;

pub use options::Agent;

use crate::manifest::Problem;
use crate::snapshot::Snapshot;
use crate::{lock, wire};
use std::path::Path;

/// Creates the agent's folder and its sample events, and generates the wiring. Returns the
/// written paths.
///
/// # Errors
/// The problems of the description. Every file is as before.
pub fn agent(root: &Path, agent: &Agent) -> Result<Vec<String>, Vec<Problem>> {
    let failed = |problem: String| vec![Problem::of_option("new agent", problem)];
    names::check(root, &agent.name).map_err(|it| vec![Problem::of_option("NAME", it)])?;
    let topics = agent.topics().map_err(|problem| vec![problem])?;
    let files = files::files(agent, root, &topics).map_err(failed)?;
    let mut snapshot = Snapshot::new(root);
    let written = create(root, agent, &files, &mut snapshot);
    written.map_err(|problems| match snapshot.restore() {
        Ok(()) => problems,
        Err(error) => failed(error),
    })
}

fn create(
    root: &Path,
    agent: &Agent,
    files: &[(String, String)],
    snapshot: &mut Snapshot,
) -> Result<Vec<String>, Vec<Problem>> {
    let failed = |problem: String| vec![Problem::of_option("new agent", problem)];
    for (path, text) in files {
        snapshot.write(path, text).map_err(failed)?;
    }
    let outputs = wire::generate(root);
    let outputs = outputs.map_err(|problems| agent.by_option(files, problems))?;
    for output in &outputs {
        snapshot.keep(&output.path).map_err(failed)?;
    }
    let wired = wire::write(root, &outputs).map_err(failed)?;
    snapshot.keep(lock::PATH).map_err(failed)?;
    lock::update(root).map_err(failed)?;
    let paths = files.iter().map(|(path, _)| path.clone());
    let sources: Vec<_> = paths.clone().filter(|path| path.ends_with(".rs")).collect();
    format(root, &sources).map_err(failed)?;
    Ok(paths
        .chain(wired.0)
        .chain([lock::PATH.to_owned()])
        .collect())
}

/// Formats the given files alone.
fn format(root: &Path, files: &[String]) -> Result<(), String> {
    let files = files.iter().map(String::as_str);
    let arguments: Vec<_> = ["--edition", "2024"].into_iter().chain(files).collect();
    lock::run(root, "rustfmt", &arguments)
}
