//! Generates the table of sample events and the functions that they reach.

use crate::manifest::{Function, Key, Problem};
use pattern::Event;
use serde_json::Value;
use std::path::Path;
use std::{fs, io};

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

/// Returns a problem for each exact topic of a manifest without a sample, subscribed or emitted.
fn missing(functions: &[Function], names: &[String]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for function in functions {
        for (topic, line) in function.exact_topics() {
            let name = format!("{topic}.json");
            if !names.contains(&name) {
                let reason = format!("{topic} has no sample: expected {FOLDER}/{name}");
                problems.push(Problem::new(&function.file(), line, reason));
            }
        }
    }
    problems
}

/// Returns the problems of the functions' own samples: each must exist, and match a subscription or
/// have the route.
pub fn problems(root: &Path, functions: &[Function]) -> Vec<Problem> {
    let problems = functions.iter().filter_map(|function| {
        let reason = problem(root, function).err()?;
        let line = function.line(Key::Sample, &function.sample);
        Some(Problem::new(&function.file(), line, reason))
    });
    problems.collect()
}

fn problem(root: &Path, function: &Function) -> Result<(), String> {
    let path = format!("events/{}", function.sample);
    let text = match fs::read_to_string(root.join(&path)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(format!("{path} does not exist"));
        }
        Err(error) => return Err(format!("{path}: {error}")),
    };
    let Some(http) = &function.http else {
        let event = Event::parse(&text).map_err(|error| format!("{path}: {error}"))?;
        let mut subscriptions = function.subscriptions.iter();
        return match subscriptions.any(|it| it.matches(&event)) {
            true => Ok(()),
            false => Err(format!("no subscription matches the sample {path}")),
        };
    };
    let request: Value = serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))?;
    match request.get("routeKey").and_then(Value::as_str) {
        Some(route) if route == http.key => Ok(()),
        None => Err(format!("the sample {path} has no routeKey")),
        Some(route) => Err(format!(
            "the sample {path} has the route {route:?}, not {:?}",
            http.key
        )),
    }
}
