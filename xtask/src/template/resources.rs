//! Names of generated resources.

use super::{function, parameters};
use crate::alarms;
use crate::base::{Base, PATH, mark};
use crate::manifest::{Function, Key, Problem};
use crate::naming::pascal;
use std::collections::BTreeMap;

/// Returns the names of the resources that a function brings.
fn names(function: &Function) -> Vec<String> {
    let only = std::slice::from_ref(function);
    let mut names = headings(&(function::block(function) + &alarms::alarms(only)));
    // The name that SAM gives to the function's event source.
    let queue = function.queue();
    names.extend(queue.map(|it| format!("{}Function{}", pascal(&function.name), it.source)));
    names
}

/// Returns the names at the second level of a YAML text.
fn headings(text: &str) -> Vec<String> {
    let heading = |line: &str| {
        let name = line.strip_prefix("  ")?.strip_suffix(':')?;
        let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric());
        is_name.then(|| name.to_owned())
    };
    text.lines().filter_map(heading).collect()
}

/// Returns the problems of functions that bring a name of the base file or of another function.
/// Functions may share the parameter of a secret.
pub fn conflicts(base: &str, functions: &[Function]) -> Vec<Problem> {
    let base = Base(base);
    let sections = ["Parameters", "Resources"].into_iter();
    let mut taken: BTreeMap<String, (String, usize)> = sections
        .flat_map(|section| base.names(section))
        .map(|(name, line)| (name.to_owned(), (PATH.to_owned(), line)))
        .collect();
    let mut problems = Vec::new();
    for function in functions {
        let (file, names) = (function.file(), names(function));
        let conflict = names.iter().find_map(|it| Some((it, taken.get(it)?)));
        if let Some((name, (other, line))) = conflict {
            let name = format!("its resource {name}");
            problems.push(Problem::taken(&file, 1, name, (other, *line)));
        }
        taken.extend(names.into_iter().map(|name| (name, (file.clone(), 1))));
    }
    let generated = headings(&parameters::parameters(base, functions));
    for function in functions {
        let secrets = function.needs.secrets.values();
        for secret in secrets.filter(|it| generated.contains(it)) {
            if let Some((other, line)) = taken.get(secret) {
                let (file, at) = (function.file(), function.line(Key::Secret, secret));
                let name = format!("its parameter {secret}");
                problems.push(Problem::taken(&file, at, name, (other, *line)));
            }
        }
    }
    problems
}

/// Returns the lines of the base file that use a function or its resources.
pub fn uses(base: &str, function: &Function) -> Vec<(usize, String)> {
    let names = names(function);
    let mut uses = Vec::new();
    for (number, line) in base.lines().enumerate() {
        let is_marked = mark(line) == Some(&function.name);
        let mut words = line.split(|it: char| !it.is_ascii_alphanumeric());
        let used = words.find(|word| names.iter().any(|name| name == word));
        if let Some(name) = used.or(is_marked.then_some(function.name.as_str())) {
            uses.push((number + 1, name.to_owned()));
        }
    }
    uses
}
