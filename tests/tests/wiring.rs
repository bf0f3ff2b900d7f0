//! Nothing is wired to nowhere: rules, functions, folders and what the crates may
//! touch. What else the template must hold, template.rs guards.

use event::EventBridgeEvent;
use github::{PullRequestChanged, Reference};
use journeys::house::Ground;
use local::bus::LocalBus;
use local::registry::{self, Ports};
use local::template::{BUILT_IN, Template};
use ports::SeededEntropy;
use review::message::{
    Block, CheckCompleted, CheckRequested, ProofCompleted, ProofRequested, ReviewBegun,
    ReviewCompleted, ReviewDropped, ReviewPublished, ReviewRecorded, ReviewRequested,
    ReviewSkipped,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// Functions that no event reaches: their callers are outside.
const CALLED_FROM_OUTSIDE: [&str; 1] = ["webhook"];

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

#[test]
fn every_sample_is_an_event_as_its_hearers_read_it() {
    for (topic, sample) in samples() {
        let event = &sample.detail;
        assert_eq!(sample.detail_type, topic, "the file is named by the topic");
        assert_eq!(event.topic.as_str(), topic, "detail-type is the type");
        assert_eq!(sample.source, event.source, "{topic}");
        let body = match topic.as_str() {
            "agent.pr.block" => event.read::<Block>().err(),
            "agent.pr.check_completed" => event.read::<CheckCompleted>().err(),
            "agent.pr.proof_check" => event.read::<ProofRequested>().err(),
            "agent.pr.proof_completed" => event.read::<ProofCompleted>().err(),
            "agent.pr.review_begun" => event.read::<ReviewBegun>().err(),
            "agent.pr.review_dropped" => event.read::<ReviewDropped>().err(),
            "agent.pr.review_completed" => event.read::<ReviewCompleted>().err(),
            "agent.pr.review_published" => event.read::<ReviewPublished>().err(),
            "agent.pr.review_recorded" => event.read::<ReviewRecorded>().err(),
            "agent.pr.review_requested" => event.read::<ReviewRequested>().err(),
            "agent.pr.review_skipped" => event.read::<ReviewSkipped>().err(),
            "github.check_suite.completed" => event.data_as::<Reference>().err(),
            // Nobody but the recorder hears these, and it takes any body.
            "github.issue.opened" | "github.pr.comment.created" => None,
            check if check.ends_with("_check") => event.data_as::<CheckRequested>().err(),
            _ => event.data_as::<PullRequestChanged>().err(),
        };
        assert!(body.is_none(), "{}", body.expect("an error"));
    }
}

#[test]
fn every_rule_has_a_sample_that_it_matches() {
    let (template, samples) = (template(), samples());
    for rule in &template.rules {
        let hit = samples.values().any(|sample| {
            let routes = template.routes(sample);
            routes.iter().any(|route| route.rule == rule.name)
        });
        assert!(hit, "no file in events/bus/ matches {}", rule.name);
    }
}

#[test]
fn every_topic_that_a_rule_names_has_a_sample() {
    let samples = samples();
    let template = local::template::json(BUILT_IN, "infra/template.yaml").expect("YAML");
    let resources = template["Resources"].as_object().expect("resources");
    for (name, rule) in resources {
        if rule["Type"] != "AWS::Events::Rule" {
            continue;
        }
        let topics = &rule["Properties"]["EventPattern"]["detail-type"];
        for topic in topics.as_array().expect("a list of topics") {
            if let Some(topic) = topic.as_str() {
                assert!(
                    samples.contains_key(topic),
                    "{name} hears {topic}, and events/bus/{topic}.json is not there"
                );
            }
        }
    }
}

#[test]
fn where_every_sample_goes() {
    let template = template();
    let mut table = String::new();
    for (topic, sample) in samples() {
        table += &format!("{topic}\n");
        for route in template.routes(&sample) {
            let (rule, function, via) = (&route.rule, &route.function, route.via);
            table += &format!("    {rule} -> {function} ({via})\n");
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn functions_are_in_the_template_in_a_folder_and_in_the_runner() {
    let template = template();
    let in_template: BTreeSet<String> = template.functions.keys().cloned().collect();
    assert_eq!(folders("functions"), in_template, "folder by folder");

    let ground = Ground::in_memory();
    let bus = LocalBus::new(
        Arc::new(template),
        ground.queue.clone(),
        ground.clock.clone(),
    );
    let ports = Ports {
        state: ground.state,
        github: Arc::new(ground.world.github()),
        model: None,
        policy: ground.policy,
        clock: ground.clock,
        entropy: Arc::new(SeededEntropy::new(1)),
    };
    let functions = registry::functions(&ports, &Arc::new(bus));
    let mut in_runner: BTreeSet<String> = functions.keys().map(ToString::to_string).collect();
    in_runner.extend(CALLED_FROM_OUTSIDE.map(str::to_owned));
    assert_eq!(in_runner, in_template, "handler by handler");
}

#[test]
fn every_function_that_hears_events_is_reached_by_one() {
    let template = template();
    let routes = template.rules.iter().flat_map(|rule| &rule.routes);
    let mut reached: BTreeSet<&str> = routes.map(|route| route.function.as_str()).collect();
    reached.extend(CALLED_FROM_OUTSIDE);
    let functions: BTreeSet<&str> = template.functions.keys().map(String::as_str).collect();
    assert_eq!(reached, functions);
}

/// What each crate of the workspace depends on, tests left aside.
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
fn functions_know_nothing_of_each_other() {
    let (dependencies, functions) = (dependencies(), folders("functions"));
    for function in &functions {
        let others: Vec<_> = dependencies[function].intersection(&functions).collect();
        assert!(others.is_empty(), "{function} depends on {others:?}");
    }
}

#[test]
fn the_webhook_has_no_state() {
    let dependencies = dependencies();
    for function in folders("functions") {
        let has_state = reach(&dependencies, &function).contains("state");
        assert_eq!(has_state, function != "webhook", "{function}");
    }
}

/// Whatever of the workspace `from` is built with.
fn reach<'a>(
    dependencies: &'a BTreeMap<String, BTreeSet<String>>,
    from: &'a str,
) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut todo = vec![from];
    while let Some(name) = todo.pop() {
        if let Some(next) = dependencies.get(name) {
            todo.extend(
                next.iter()
                    .map(String::as_str)
                    .filter(|n| reached.insert(*n)),
            );
        }
    }
    reached
}

#[test]
fn only_the_publisher_can_write_to_github() {
    for port in ["PublishReview", "DismissReview", "SetCheck", "Summarise"] {
        for function in folders("functions") {
            let sources = rust_files(&root().join("functions").join(&function));
            let names = sources
                .iter()
                .any(|file| fs::read_to_string(file).is_ok_and(|text| text.contains(port)));
            assert_eq!(names, function == "publisher", "{function}: {port}");
        }
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
