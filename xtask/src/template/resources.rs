//! Names of generated resources.

use super::{BASE, function, mark, parameters, pascal};
use crate::alarms;
use crate::base::Base;
use crate::manifest::{Function, Problem};
use std::collections::BTreeMap;

/// Returns the names of the resources and parameters that a function brings.
fn names(base: Base<'_>, function: &Function) -> Vec<String> {
    let only = std::slice::from_ref(function);
    let text =
        function::block(function) + &alarms::alarms(only) + &parameters::parameters(base, only);
    let heading = |line: &str| {
        let name = line.strip_prefix("  ")?.strip_suffix(':')?;
        let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric());
        is_name.then(|| name.to_owned())
    };
    let mut names: Vec<_> = text.lines().filter_map(heading).collect();
    // The name that SAM gives to the function's event source.
    let queue = function.queue();
    names.extend(queue.map(|it| format!("{}Function{}", pascal(&function.name), it.source)));
    names
}

/// Returns the problems of functions that bring a name of the base file or of another function.
/// Functions may share the parameter of a secret.
pub fn conflicts(base: &str, functions: &[Function]) -> Vec<Problem> {
    let base = Base(base);
    let sections = ["Parameters", "Resources"].into_iter();
    let mut taken: BTreeMap<String, String> = sections
        .flat_map(|section| base.names(section))
        .map(|(name, line)| (name.to_owned(), format!("{BASE}:{line}")))
        .collect();
    let mut problems = Vec::new();
    for function in functions {
        let file = function.file();
        let names = names(base, function);
        let is_shared = |name: &String| function.needs.secrets.values().any(|it| it == name);
        let conflict = names
            .iter()
            .find_map(|name| Some((name, taken.get(name)?)))
            .filter(|(name, other)| !is_shared(name) || other.starts_with(BASE));
        if let Some((name, other)) = conflict {
            let reason = format!("its resource {name} is taken by {other}");
            problems.push(Problem::new(&file, 1, reason));
        }
        taken.extend(names.into_iter().map(|name| (name, file.clone())));
    }
    problems
}

/// Returns the lines of the base file that use a function or its resources.
pub fn uses(base: &str, function: &Function) -> Vec<(usize, String)> {
    let names = names(Base(base), function);
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
