//! Generates the table of sample events and the functions that they reach.

use crate::manifest::{Function, Problem};
use pattern::Event;
use std::fs;
use std::path::Path;

/// Path of the generated module.
pub const PATH: &str = "tests/src/samples.rs";
/// Folder of the sample events, one for each topic.
pub const FOLDER: &str = "events/bus";

/// Returns the module that lists the functions that each sample event reaches.
///
/// # Errors
/// The sample that cannot be read, or the topic of a manifest that has no sample.
pub fn module(root: &Path, functions: &[Function]) -> Result<String, Vec<Problem>> {
    let failed = |file: &str, error: &dyn std::fmt::Display| vec![Problem::new(file, 1, error)];
    let folder = fs::read_dir(root.join(FOLDER)).map_err(|error| failed(FOLDER, &error))?;
    let mut names: Vec<String> = folder
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    names.sort();
    let missing = missing(functions, &names);
    if !missing.is_empty() {
        return Err(missing);
    }
    let mut rows = String::new();
    for name in names {
        let file = format!("{FOLDER}/{name}");
        let text = fs::read_to_string(root.join(&file)).map_err(|error| failed(&file, &error))?;
        let event = Event::parse(&text).map_err(|error| failed(&file, &error))?;
        let reached = functions.iter().filter(|function| {
            let mut subscriptions = function.subscriptions.iter();
            subscriptions.any(|it| it.matches(&event))
        });
        let reached: Vec<_> = reached.map(|function| function.name.as_str()).collect();
        let topic = name.trim_end_matches(".json");
        rows += &format!("    ({topic:?}, &{reached:?}),\n");
    }
    Ok(format!(
        "//! Generated from functions/*/function.toml by `cargo xtask wire`.\n\n\
         /// Topics of the sample events in `events/bus/`, with the functions that they reach.\n\
         pub const SAMPLES: &[(&str, &[&str])] = &[\n{rows}];\n"
    ))
}

/// Returns a problem for each exact topic of a manifest without a sample.
fn missing(functions: &[Function], names: &[String]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for function in functions {
        for subscription in &function.subscriptions {
            for topic in subscription.topics.iter().filter(|it| !it.contains('*')) {
                let name = format!("{topic}.json");
                if !names.contains(&name) {
                    let reason = format!("{topic} has no sample: expected {FOLDER}/{name}");
                    problems.push(Problem::new(&function.file(), subscription.line, reason));
                }
            }
        }
    }
    problems
}
