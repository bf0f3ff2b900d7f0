//! Generates the registration of the functions in the local process.

use crate::manifest::{Function, Problem};
use crate::markers;

/// Path of the generated module.
pub const PATH: &str = "local/functions/src/functions.rs";
/// Path of the manifest that holds the dependencies between markers.
pub const CARGO: &str = "local/functions/Cargo.toml";

/// Returns the module that registers every function with its topic patterns.
pub fn module(functions: &[Function]) -> String {
    let with_events: Vec<_> = functions.iter().filter(|it| it.http.is_none()).collect();
    let with_github = with_events.iter().filter(|it| it.needs.has_github());
    let github: Vec<_> = with_github
        .map(|it| format!("{}::GitHub", it.module()))
        .collect();
    let github = github.join("\n    + ");
    let registrations: String = with_events.iter().map(|it| registration(it)).collect();
    let sources: String = functions.iter().filter_map(source).collect();
    format!(
        "//! Generated from functions/*/function.toml by `cargo xtask wire`.\n\n\
         use crate::rights::Rights;\n\
         use crate::source::{{Source, Sources}};\n\
         use crate::Dependencies;\n\
         use config::{{ConfigError, Environment}};\n\
         use events::{{Clock, OnError, Subscribe}};\n\
         use source::EventSource;\n\
         use std::sync::Arc;\n\n\
         /// The parts of GitHub that the functions call.\n\
         pub trait GitHub:\n    {github}\n{{\n}}\n\n\
         impl<T> GitHub for T where\n    T: {github}\n{{\n}}\n\n\
         /// Registers every function with the topic patterns of its manifest.\n\
         ///\n\
         /// # Errors\n\
         /// [`OnError`] if the bus refuses a pattern.\n\
         pub fn register(bus: &impl Subscribe, deps: &Dependencies) -> Result<(), OnError> {{\n\
         {registrations}    Ok(())\n}}\n\n\
         /// Creates the event sources of the manifests.\n\
         ///\n\
         /// # Errors\n\
         /// [`ConfigError`] names the variable that is wrong, or that a required source misses.\n\
         pub fn sources(environment: &Environment, clock: &Arc<dyn Clock>) -> Result<Sources, ConfigError> {{\n    \
         let mut sources = Sources::new();\n\
         {sources}    Ok(sources)\n}}\n"
    )
}

fn registration(function: &Function) -> String {
    let (module, mut text) = (function.module(), String::new());
    if function.needs.bus || function.needs.state.is_some() {
        text += &rights(function);
    }
    text += &format!("    let handler = Arc::new({module}::handler({module}::Deps {{\n");
    for field in function.needs.fields() {
        text += &match field {
            "state" | "bus" => format!("        {field}: rights.{field}(&deps.{field}),\n"),
            _ => format!("        {field}: deps.{field}.clone(),\n"),
        };
    }
    text += "    }));\n";
    let mut topics = function
        .subscriptions
        .iter()
        .flat_map(|it| &it.topics)
        .peekable();
    while let Some(topic) = topics.next() {
        let handler = match topics.peek() {
            Some(_) => "handler.clone()",
            None => "handler",
        };
        text += &format!("    bus.on({topic:?}, {handler})?;\n");
    }
    text + "\n"
}

fn source(function: &Function) -> Option<String> {
    let (module, http) = (function.module(), function.http.as_ref()?);
    let mut text = rights(function);
    text += &format!(
        "    let source = || -> Result<Arc<dyn EventSource>, ConfigError> {{\n        \
         Ok(Arc::new({module}::source({module}::Deps {{\n"
    );
    // The door has the bus and the state.
    for field in function.needs.fields() {
        if !["bus", "state"].contains(&field) {
            text += &format!("            {field}: {field}.clone(),\n");
        }
    }
    let secrets: Vec<_> = function.needs.secrets.keys().collect();
    for variable in &secrets {
        let field = variable.to_lowercase();
        text += &format!("            {field}: environment.secret({variable:?})?,\n");
    }
    let optional = match function.is_required {
        true => Vec::new(),
        false => secrets,
    };
    Some(format!(
        "{text}        }})?))\n    }};\n    \
         sources.insert({:?}, Source::new(rights, environment, &{optional:?}, source)?);\n\n",
        http.key
    ))
}

/// Returns the rights that the manifest declares, as a variable.
fn rights(function: &Function) -> String {
    let state = function.needs.state.clone().unwrap_or_default();
    format!(
        "    let rights = Rights {{\n        function: {:?},\n        emits: &{:?},\n        \
         reads: &{:?},\n        writes: &{:?},\n    }};\n",
        function.name, function.emits, state.read, state.write
    )
}

/// Returns the local process's `Cargo.toml` with the dependencies between its markers replaced.
///
/// # Errors
/// The marker that is missing.
pub fn dependencies(cargo: &str, functions: &[Function]) -> Result<String, Problem> {
    let lines = functions
        .iter()
        .map(|Function { name, .. }| format!("{name} = {{ path = \"../../functions/{name}\" }}\n"));
    markers::replace(CARGO, cargo, &lines.collect::<String>())
}
