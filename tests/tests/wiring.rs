//! Wiring of rules, functions, folders and crates. `template.rs` checks the rest of the template.

use events::{EventBridgeEvent, SeededEntropy};
use journeys::bot::Surroundings;
use journeys::samples::SAMPLES;
use local_bus::template::Template;
use local_bus::{Handlers, LocalBus};
use local_functions::{self, Dependencies};
use serde_json::Value;
use state::{StateBackend, StateManager};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use xtask::manifest::Function;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn template() -> Template {
    Template::load(None).expect("the template that is built in")
}

/// `events/bus/<topic>.json`, by topic.
fn samples() -> BTreeMap<String, EventBridgeEvent> {
    let files = fs::read_dir(root().join("events/bus")).expect("the samples' folder");
    let read = |file: fs::DirEntry| {
        let path = file.path();
        let topic = path.file_stem().expect("a name").to_string_lossy();
        let text = fs::read_to_string(&path).expect("a sample");
        let event = serde_json::from_str(&text);
        let event = event.unwrap_or_else(|error| panic!("{topic}: {error}"));
        (topic.into_owned(), event)
    };
    files.map(|file| read(file.expect("a file"))).collect()
}

fn folders(of: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(of)).expect("a folder");
    entries
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

/// Returns the functions as their manifests declare them.
fn manifests() -> Vec<Function> {
    xtask::wire::functions(&root()).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Returns the functions that HTTP requests invoke.
fn sources() -> BTreeSet<String> {
    let sources = manifests().into_iter().filter(|it| it.http.is_some());
    sources.map(|it| it.name).collect()
}

#[test]
fn samples_are_named_by_their_topics() {
    for (topic, sample) in samples() {
        let event = &sample.detail;
        assert_eq!(sample.detail_type, topic, "the file is named by the topic");
        assert_eq!(event.topic.as_str(), topic, "detail-type is the type");
        assert_eq!(sample.source, event.source, "{topic}");
    }
}

#[test]
fn template_routes_samples_as_manifests_do() {
    let template = template();
    for (topic, sample) in samples() {
        let routes = template.routes(&sample);
        let routed: BTreeSet<&str> = routes.iter().map(|route| route.function.as_str()).collect();
        let (_, functions) = SAMPLES
            .iter()
            .find(|(name, _)| *name == topic)
            .expect("a row of the generated table");
        assert_eq!(routed, functions.iter().copied().collect(), "{topic}");
    }
}

#[test]
fn rules_have_matching_samples() {
    let (template, samples) = (template(), samples());
    for rule in &template.rules {
        let hit = samples.values().any(|sample| {
            let routes = template.routes(sample);
            routes.iter().any(|route| route.rule == rule.name)
        });
        assert!(hit, "no file in events/bus/ matches {}", rule.name);
    }
}

/// Registers every function on a bus with the template's rules. Returns the handlers.
fn handlers(template: Template) -> Handlers {
    let surroundings = Surroundings::in_memory();
    let bus = Arc::new(LocalBus::new(
        Arc::new(template),
        surroundings.queue.clone(),
        surroundings.clock.clone(),
    ));
    let entropy = Arc::new(SeededEntropy::new(1));
    let state: Arc<dyn StateBackend> = surroundings.state;
    let deps = Dependencies {
        state: StateManager::new(state, surroundings.clock.clone(), entropy.clone()),
        bus: bus.clone(),
        github: Arc::new(surroundings.world.github()),
        model: None,
        policy: surroundings.policy,
        clock: surroundings.clock,
        entropy,
    };
    local_functions::register(&*bus, &deps).expect("the patterns of the manifests");
    bus.handlers()
}

#[tokio::test]
async fn functions_read_the_samples_of_their_topics() {
    let handlers = handlers(template());
    let samples = samples();
    for (topic, functions) in SAMPLES {
        for function in *functions {
            let event = &samples[*topic].detail;
            let result = handlers[function].handle(event).await;
            let unread = result
                .err()
                .filter(|error| error.to_string().contains("malformed"));
            assert!(
                unread.is_none(),
                "{function}, {topic}: {}",
                unread.expect("an error")
            );
        }
    }
}

#[test]
fn functions_have_folder_template_and_handler() {
    let template = template();
    let in_template: BTreeSet<String> = template.functions.keys().cloned().collect();
    assert_eq!(folders("functions"), in_template, "folder by folder");
    let handlers = handlers(template);
    let mut registered: BTreeSet<String> = handlers.keys().map(ToString::to_string).collect();
    registered.extend(sources());
    assert_eq!(registered, in_template, "handler by handler");
}

#[test]
fn functions_are_reached_by_rules() {
    let template = template();
    let routes = template.rules.iter().flat_map(|rule| &rule.routes);
    let mut reached: BTreeSet<_> = routes.map(|route| route.function.clone()).collect();
    reached.extend(sources());
    let functions: BTreeSet<_> = template.functions.keys().cloned().collect();
    assert_eq!(reached, functions);
}

/// Returns the dependencies of each crate of the workspace, without those of tests.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let list = |value: &Value, name: &str| {
        let list = value.get(name).and_then(Value::as_array);
        list.cloned().unwrap_or_default()
    };
    let name = |value: &Value| {
        let name = value.get("name").and_then(Value::as_str);
        name.expect("a name").to_owned()
    };
    list(&metadata, "packages")
        .iter()
        .map(|package| {
            let dependencies = list(package, "dependencies");
            let built_in = dependencies.iter().filter(|d| d["kind"] != "dev");
            (name(package), built_in.map(name).collect())
        })
        .collect()
}

#[test]
fn functions_depend_on_no_function() {
    let (dependencies, functions) = (dependencies(), folders("functions"));
    for function in &functions {
        let others: Vec<_> = dependencies[function].intersection(&functions).collect();
        assert!(others.is_empty(), "{function} depends on {others:?}");
    }
}

#[test]
fn only_declared_functions_write_to_github() {
    const PORTS: [&str; 4] = ["PublishReview", "WithdrawReview", "SetCheck", "Summarise"];
    for function in manifests() {
        let sources = rust_files(&root().join("functions").join(&function.name));
        let read = |file: &PathBuf| fs::read_to_string(file).expect("a source file");
        let text: String = sources.iter().map(read).collect();
        let named: Vec<_> = PORTS
            .into_iter()
            .filter(|port| text.contains(port))
            .collect();
        let name = &function.name;
        let may_write = function.needs.github_write;
        assert_eq!(!named.is_empty(), may_write, "{name}: {named:?}");
        assert!(name != "publisher" || named == PORTS, "{name}: {named:?}");
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files
}
