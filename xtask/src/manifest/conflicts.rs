use super::{Function, Key, Problem};
use std::collections::{BTreeMap, BTreeSet};

/// Returns the problems of functions that share a route or the name of a subscription, or that read
/// items that no function writes.
pub fn conflicts(functions: &[Function]) -> Vec<Problem> {
    let mut problems = shared(functions);
    problems.extend(unwritten(functions));
    problems
}

fn shared(functions: &[Function]) -> Vec<Problem> {
    let (mut problems, mut taken) = (Vec::new(), BTreeMap::new());
    for function in functions {
        let file = function.file();
        let route = function.http.as_ref();
        let route = route.map(|http| (http.key.clone(), http.line));
        let names = function.subscriptions.iter();
        let names = names.map(|it| (format!("the subscription {}", it.name), it.line));
        for (name, line) in route.into_iter().chain(names) {
            if let Some((other, at)) = taken.insert(name.clone(), (file.clone(), line)) {
                problems.push(Problem::taken(&file, line, name, (&other, at)));
            }
        }
    }
    problems
}

fn unwritten(functions: &[Function]) -> Vec<Problem> {
    let states = functions.iter().filter_map(|it| it.needs.state.as_ref());
    let written: BTreeSet<_> = states.flat_map(|state| &state.write).collect();
    let mut problems = Vec::new();
    for function in functions {
        let read = function.needs.state.iter().flat_map(|it| &it.read);
        for kind in read.filter(|kind| !written.contains(kind)) {
            let line = function.line(Key::State, kind);
            let reason = format!("no function writes {kind:?} items");
            problems.push(Problem::new(&function.file(), line, reason));
        }
    }
    problems
}
