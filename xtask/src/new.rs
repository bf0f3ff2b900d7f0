//! Creates the folder of a new agent.

use crate::manifest::{Problem, is_name};
use crate::template::pascal;
use crate::{samples, wire};
use events::{EventId, Topic, TopicPattern};
use pattern::{Event, EventPattern};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

/// Description of a new agent.
#[derive(Debug, Default, clap::Args)]
pub struct Agent {
    /// Name of the folder, of a-z, 0-9 and -
    pub name: String,
    /// Topic pattern to subscribe to, such as github.issue.opened or github.pr.*; repeatable
    #[arg(long, value_name = "PATTERN", required_unless_present_any = ["schedule", "http"])]
    pub on: Vec<String>,
    /// Topic that the agent emits; repeatable
    #[arg(long, value_name = "TOPIC")]
    pub emits: Vec<String>,
    /// Puts a queue before the agent, for work that waits or is limited
    #[arg(long, requires = "on")]
    pub queue: bool,
    /// Dependencies: state, bus, github-read, github-write, model, clock, entropy
    #[arg(long, value_name = "NEED", value_delimiter = ',', value_parser = NEEDS)]
    pub needs: Vec<String>,
    /// Expression of EventBridge Scheduler, such as "rate(1 hour)"
    #[arg(long, value_name = "EXPRESSION", conflicts_with = "http")]
    pub schedule: Option<String>,
    /// HTTP route of an event source, such as "POST /tickets"
    #[arg(long, value_name = "ROUTE", conflicts_with_all = ["on", "needs"])]
    pub http: Option<String>,
}

const NEEDS: [&str; 7] = [
    "state",
    "bus",
    "github-read",
    "github-write",
    "model",
    "clock",
    "entropy",
];

const CARGO: &str = include_str!("../scaffold/Cargo.toml.txt");
const MANIFEST: &str = include_str!("../scaffold/function.toml.txt");
const HANDLER: &str = include_str!("../scaffold/lib.rs.txt");
const HANDLER_MAIN: &str = include_str!("../scaffold/main.rs.txt");
const SOURCE: &str = include_str!("../scaffold/source.rs.txt");
const SOURCE_MAIN: &str = include_str!("../scaffold/source_main.rs.txt");

/// Creates the agent's folder and its sample events, and generates the wiring. Returns the
/// written paths.
///
/// # Errors
/// The problems of the description. Nothing is left behind.
pub fn agent(root: &Path, agent: &Agent) -> Result<Vec<String>, Vec<Problem>> {
    let failed = |problem: String| vec![Problem::new("new agent", 1, problem)];
    if !is_name(&agent.name) {
        let name = &agent.name;
        return Err(failed(format!("{name:?} is not a name of a-z, 0-9 and -")));
    }
    let folder = root.join("functions").join(&agent.name);
    if folder.exists() {
        return Err(failed(format!("functions/{} exists", agent.name)));
    }
    let topics = agent.topics().map_err(failed)?;
    let files = agent.files(root, &topics).map_err(failed)?;
    let mut created = Created::default();
    let written = created
        .write(root, &files)
        .map_err(|error| failed(error.to_string()))
        .and_then(|()| wire::generate(root));
    match written {
        Ok(outputs) => {
            let wired = wire::write(root, &outputs).map_err(failed)?;
            lock(root).map_err(failed)?;
            let paths = files.into_iter().map(|(path, _)| path);
            Ok(paths
                .chain(wired.0)
                .chain(["Cargo.lock".to_owned()])
                .collect())
        }
        Err(problems) => {
            created.remove();
            Err(problems)
        }
    }
}

/// Removes the agent's folder and generates the wiring. Returns the written paths.
///
/// # Errors
/// The agent does not exist, or the problems of the remaining manifests.
pub fn remove(root: &Path, name: &str) -> Result<Vec<String>, Vec<Problem>> {
    let failed = |problem: String| vec![Problem::new("remove agent", 1, problem)];
    let folder = root.join("functions").join(name);
    if !is_name(name) || !folder.join("function.toml").is_file() {
        return Err(failed(format!("functions/{name} does not exist")));
    }
    fs::remove_dir_all(&folder).map_err(|error| failed(error.to_string()))?;
    let wired = wire::write(root, &wire::generate(root)?).map_err(failed)?;
    lock(root).map_err(failed)?;
    Ok(wired.0)
}

/// Updates the crates of the workspace in `Cargo.lock`, and formats them.
fn lock(root: &Path) -> Result<(), String> {
    let update: &[&str] = &["update", "--workspace", "--offline"];
    for arguments in [update, &["fmt", "--all"]] {
        let output = Command::new("cargo")
            .args(arguments)
            .current_dir(root)
            .output();
        let output = output.map_err(|error| format!("cargo: {error}"))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
        }
    }
    Ok(())
}

/// Files and folders that were created.
#[derive(Default)]
struct Created(Vec<PathBuf>);

impl Created {
    fn write(&mut self, root: &Path, files: &[(String, String)]) -> io::Result<()> {
        for (path, text) in files {
            let path = root.join(path);
            for folder in path.ancestors().skip(1).filter(|it| !it.exists()) {
                self.0.push(folder.to_owned());
            }
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            self.0.push(path.clone());
            fs::write(path, text)?;
        }
        Ok(())
    }

    fn remove(&self) {
        for path in self.0.iter().rev() {
            // What cannot be removed is reported by the next run as existing.
            let _ = fs::remove_file(path);
        }
        for folder in &self.0 {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

impl Agent {
    /// Returns the topic patterns with an example topic for each.
    fn topics(&self) -> Result<Vec<(String, Topic)>, String> {
        let mut topics = Vec::new();
        for pattern in &self.on {
            pattern
                .parse::<TopicPattern>()
                .map_err(|error| error.to_string())?;
            let example = pattern.replace('*', "example");
            let example = example.parse().map_err(|error| format!("{error}"))?;
            topics.push((pattern.clone(), example));
        }
        if let Some(topic) = self
            .schedule
            .as_ref()
            .map(|_| format!("schedule.{}", self.name))
        {
            let example = topic.parse().map_err(|error| format!("{error}"))?;
            topics.push((topic, example));
        }
        for topic in &self.emits {
            topic.parse::<Topic>().map_err(|error| error.to_string())?;
        }
        match (&self.http, self.emits.is_empty()) {
            (Some(_), true) => Err("--http needs --emits, the topic of its events".to_owned()),
            _ => Ok(topics),
        }
    }

    fn needs(&self) -> BTreeSet<&str> {
        let mut needs: BTreeSet<&str> = self.needs.iter().map(String::as_str).collect();
        if self.http.is_some() {
            return BTreeSet::from(["bus", "clock"]);
        }
        if needs.is_empty() || needs.contains("model") {
            needs.insert("state");
        }
        if !self.emits.is_empty() {
            needs.insert("bus");
        }
        needs
    }

    /// Returns the new files with their texts.
    fn files(
        &self,
        root: &Path,
        topics: &[(String, Topic)],
    ) -> Result<Vec<(String, String)>, String> {
        let folder = format!("functions/{}", self.name);
        let mut files = Vec::new();
        let mut sample = None;
        for (pattern, example) in topics {
            let name = match matching_sample(root, pattern)? {
                Some(name) => name,
                None => {
                    let name = format!("bus/{example}.json");
                    files.push((format!("events/{name}"), new_sample(example)?));
                    name
                }
            };
            sample.get_or_insert(name);
        }
        if self.http.is_some() {
            let name = format!("http/{}.json", self.name);
            files.push((format!("events/{name}"), self.request()));
            for topic in &self.emits {
                let path = format!("{}/{topic}.json", samples::FOLDER);
                if let (false, Ok(topic)) = (root.join(&path).exists(), topic.parse()) {
                    files.push((path, new_sample(&topic)?));
                }
            }
            sample = Some(name);
        }
        let page = Page::new(self, sample.unwrap_or_default());
        let (lib, main) = match self.http {
            Some(_) => (SOURCE, SOURCE_MAIN),
            None => (HANDLER, HANDLER_MAIN),
        };
        for (path, text) in [
            ("Cargo.toml", CARGO),
            ("function.toml", MANIFEST),
            ("src/lib.rs", lib),
            ("src/main.rs", main),
        ] {
            files.push((format!("{folder}/{path}"), page.fill(text)));
        }
        Ok(files)
    }

    /// Returns the sample request of an event source, in the form of an HTTP API.
    fn request(&self) -> String {
        let route = self.http.as_deref().unwrap_or_default();
        let (method, path) = route.split_once(' ').unwrap_or(("POST", route));
        let request = json!({
            "version": "2.0",
            "routeKey": route,
            "rawPath": path,
            "rawQueryString": "",
            "headers": { "content-type": "application/json" },
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "example",
                "http": {
                    "method": method,
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1",
                    "userAgent": "example"
                },
                "requestId": "example",
                "routeKey": route,
                "stage": "$default",
                "time": "05/Jan/2026:09:00:00 +0000",
                "timeEpoch": 1_767_603_600_000_u64
            },
            "body": "{\"id\":\"7\"}",
            "isBase64Encoded": false
        });
        format!("{request:#}\n")
    }
}

/// Returns the path below `events/` of a sample event that `pattern` matches.
fn matching_sample(root: &Path, pattern: &str) -> Result<Option<String>, String> {
    let topics: TopicPattern = pattern.parse().map_err(|error| format!("{error}"))?;
    let pattern = EventPattern::parse(&topics.to_event_pattern().to_string())
        .map_err(|error| error.to_string())?;
    let mut names = Vec::new();
    for entry in fs::read_dir(root.join(samples::FOLDER)).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
        let is_match = Event::parse(&text).is_ok_and(|event| pattern.matches(&event));
        if let (true, Some(name)) = (is_match, path.file_name()) {
            names.push(format!("bus/{}", name.to_string_lossy()));
        }
    }
    names.sort();
    Ok(names.into_iter().next())
}

/// Returns a sample event on `topic`, in the form that a rule's target receives.
fn new_sample(topic: &Topic) -> Result<String, String> {
    let seed: EventId = "sample".parse().map_err(|error| format!("{error}"))?;
    let id = EventId::derive(&seed, topic.as_str(), 0);
    let source = match topic.as_str().split('.').next() {
        Some("github") => "github-bot.webhook".to_owned(),
        Some("schedule") => "schedule".to_owned(),
        _ => "github-bot.example".to_owned(),
    };
    let is_github = topic.as_str().starts_with("github.");
    let (subject, data) = match is_github {
        true => (
            "octo/widgets#8",
            json!({ "installation": 2_311_213, "number": 8, "repo": "octo/widgets", "sender": "octocat" }),
        ),
        false => ("example", json!({})),
    };
    let event = json!({
        "version": "0",
        "id": id,
        "detail-type": topic,
        "source": source,
        "account": "123456789012",
        "time": "2026-01-05T09:00:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": {
            "specversion": "1.0",
            "id": id,
            "source": source,
            "type": topic,
            "subject": subject,
            "time": "2026-01-05T09:00:00Z",
            "correlationid": id,
            "data": data
        }
    });
    Ok(format!("{event:#}\n"))
}

/// Values and flags of the scaffold's texts.
struct Page {
    values: BTreeMap<&'static str, String>,
    flags: BTreeSet<&'static str>,
}

impl Page {
    fn new(agent: &Agent, sample: String) -> Self {
        let needs = agent.needs();
        let mut flags: BTreeSet<&'static str> = NEEDS
            .into_iter()
            .filter(|need| needs.contains(need))
            .collect();
        let is_http = agent.http.is_some();
        let has_emits = !agent.emits.is_empty();
        let has_github = needs.contains("github-read") || needs.contains("github-write");
        let is_quiet = !needs.contains("state") && !needs.contains("bus");
        for (flag, is_set) in [
            ("github", has_github),
            ("emits", has_emits),
            ("http", is_http),
            ("secret", is_http),
            ("event", !is_http),
            ("schedule", agent.schedule.is_some()),
            ("topics", !agent.on.is_empty()),
            ("queue", agent.queue),
            ("quiet", is_quiet),
            (
                "sample",
                is_http || (agent.schedule.is_none() && agent.on.iter().all(|it| it.contains('*'))),
            ),
            (
                "arc",
                has_github
                    || ["bus", "model", "clock", "entropy"]
                        .iter()
                        .any(|it| needs.contains(it)),
            ),
        ] {
            if is_set {
                flags.insert(flag);
            }
        }
        if flags.contains("github-write") {
            flags.remove("github-read");
        }
        let quoted = |topics: &[String]| {
            let topics: Vec<_> = topics.iter().map(|topic| format!("{topic:?}")).collect();
            topics.join(", ")
        };
        let code = |topics: &[String]| {
            let topics: Vec<_> = topics.iter().map(|topic| format!("`{topic}`")).collect();
            topics.join(", ")
        };
        let mut lambda = vec!["\"dep:lambda\"", "\"dep:tokio\""];
        for (feature, is_needed) in [
            ("\"dep:github-client\"", flags.contains("github")),
            ("\"source/lambda\"", is_http),
        ] {
            if is_needed {
                lambda.push(feature);
            }
        }
        lambda.sort_unstable();
        let new_events = agent
            .emits
            .iter()
            .map(|topic| format!("NewEvent::on({topic:?}, subject(), &data),"));
        let has_new_events = has_emits || (needs.contains("bus") && !needs.contains("state"));
        let mut events = vec!["Event", "Handler", "HandlerError", "Outcome"];
        for (name, is_used) in [
            ("Clock", needs.contains("clock")),
            ("Emit", needs.contains("bus")),
            ("Entropy", needs.contains("entropy")),
            ("NewEvent", has_new_events),
        ] {
            if is_used {
                events.push(name);
            }
        }
        events.sort_unstable();
        let subscribed = match (&agent.http, &agent.schedule) {
            (Some(http), _) => format!("`{http}`"),
            (None, Some(_)) if agent.on.is_empty() => format!("`schedule.{}`", agent.name),
            _ => code(&agent.on),
        };
        let module = agent.name.replace('-', "_");
        let secret = format!("{}_SECRET", module.to_uppercase());
        let values = BTreeMap::from([
            ("<name>", agent.name.clone()),
            ("<Name>", pascal(&agent.name)),
            ("<name_>", module.clone()),
            ("<module>", module),
            ("<secret>", secret.to_lowercase()),
            ("<SECRET>", secret),
            ("<description>", description(agent)),
            ("<events>", events.join(", ")),
            ("<lambda>", lambda.join(", ")),
            ("<http>", agent.http.clone().unwrap_or_default()),
            ("<schedule>", agent.schedule.clone().unwrap_or_default()),
            ("<topics>", quoted(&agent.on)),
            ("<subscribed>", subscribed),
            ("<emits>", quoted(&agent.emits)),
            ("<emitted>", code(&agent.emits)),
            ("<topic>", agent.emits.first().cloned().unwrap_or_default()),
            (
                "<invoke>",
                if agent.queue { "queue" } else { "rule" }.to_owned(),
            ),
            ("<sample>", sample),
            ("<event>", if has_emits { "event" } else { "_" }.to_owned()),
            (
                "<new_events>",
                if has_emits {
                    "new_events(event)"
                } else {
                    "Vec::new()"
                }
                .to_owned(),
            ),
            (
                "<new_event>",
                new_events.collect::<Vec<_>>().join("\n        "),
            ),
            (
                "<client>",
                match needs.contains("github-write") {
                    true => "publisher_from_environment",
                    false => "from_environment",
                }
                .to_owned(),
            ),
        ]);
        Self { values, flags }
    }

    /// Returns the text with its conditional lines resolved and its values inserted. A line
    /// `@state&!bus text` is kept if the flags allow it.
    fn fill(&self, text: &str) -> String {
        let mut out = String::new();
        for line in text.lines() {
            let line = match line.strip_prefix('@').and_then(|it| it.split_once(' ')) {
                Some((condition, line)) if self.holds(condition) => line,
                Some(_) => continue,
                None => line,
            };
            out += line.trim_end();
            out.push('\n');
        }
        for (name, value) in &self.values {
            out = out.replace(name, value);
        }
        out
    }

    fn holds(&self, condition: &str) -> bool {
        condition.split('|').any(|all| {
            all.split('&').all(|flag| match flag.strip_prefix('!') {
                Some(flag) => !self.flags.contains(flag),
                None => self.flags.contains(flag),
            })
        })
    }
}

fn description(agent: &Agent) -> String {
    match (&agent.http, &agent.schedule, agent.on.is_empty()) {
        (Some(http), _, _) => format!("Publishes the requests of {http} as events"),
        (None, Some(schedule), true) => format!("Runs at {schedule}"),
        _ => format!("Handles {}", agent.on.join(", ")),
    }
}
