//! Creates the folder of a new agent.

mod files;
mod names;
mod page;
pub(crate) mod sample;

use crate::manifest::Problem;
use crate::snapshot::Snapshot;
use crate::wire;
use events::{Topic, TopicPattern};
use pattern::EventPattern;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

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
    #[arg(long, requires = "on", conflicts_with = "http")]
    pub queue: bool,
    /// Dependencies: state, bus, github-read, github-write, model, clock, entropy; with --http only
    /// state, bus and clock
    #[arg(long, value_name = "NEED", value_delimiter = ',', value_parser = NEEDS)]
    pub needs: Vec<String>,
    /// Rate of EventBridge Scheduler from "rate(1 minute)" to "rate(365 days)"; cron(...) and
    /// at(...) are not supported
    #[arg(long, value_name = "RATE", conflicts_with = "http")]
    pub schedule: Option<String>,
    /// HTTP route of an event source, such as "POST /tickets"
    #[arg(long, value_name = "ROUTE", conflicts_with = "on")]
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
/// Needs that an event source can have.
const SOURCE_NEEDS: [&str; 3] = ["state", "bus", "clock"];

/// Creates the agent's folder and its sample events, and generates the wiring. Returns the
/// written paths.
///
/// # Errors
/// The problems of the description. Every file is as before.
pub fn agent(root: &Path, agent: &Agent) -> Result<Vec<String>, Vec<Problem>> {
    let failed = |problem: String| vec![Problem::of_option("new agent", problem)];
    names::check(root, &agent.name).map_err(|it| vec![Problem::of_option("NAME", it)])?;
    let topics = agent.topics().map_err(|problem| vec![problem])?;
    let files = agent.files(root, &topics).map_err(failed)?;
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
    snapshot.keep(LOCK).map_err(failed)?;
    lock(root).map_err(failed)?;
    let paths = files.iter().map(|(path, _)| path.clone());
    let sources: Vec<_> = paths.clone().filter(|path| path.ends_with(".rs")).collect();
    format(root, &sources).map_err(failed)?;
    Ok(paths.chain(wired.0).chain([LOCK.to_owned()]).collect())
}

/// Path of the file that [`lock`] updates.
pub(crate) const LOCK: &str = "Cargo.lock";

/// Updates the crates of the workspace in `Cargo.lock`.
pub(crate) fn lock(root: &Path) -> Result<(), String> {
    run(root, "cargo", &["update", "--workspace", "--offline"])
}

/// Formats the given files alone.
fn format(root: &Path, files: &[String]) -> Result<(), String> {
    let files = files.iter().map(String::as_str);
    let arguments: Vec<_> = ["--edition", "2024"].into_iter().chain(files).collect();
    run(root, "rustfmt", &arguments)
}

fn run(root: &Path, program: &str, arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new(program);
    let output = command.args(arguments).current_dir(root).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}

impl Agent {
    /// Returns the topic patterns with an example topic for each.
    fn topics(&self) -> Result<Vec<(String, Topic)>, Problem> {
        for (option, values) in [("--on", &self.on), ("--emits", &self.emits)] {
            let mut seen = BTreeSet::new();
            if let Some(twice) = values.iter().find(|value| !seen.insert(*value)) {
                return Err(Problem::of_option(
                    option,
                    format!("{twice} is listed twice"),
                ));
            }
        }
        let mut topics = Vec::new();
        let invalid =
            |option: &str, error: &dyn std::fmt::Display| Problem::of_option(option, error);
        for on in &self.on {
            let pattern: TopicPattern = on.parse().map_err(|error| invalid("--on", &error))?;
            EventPattern::parse(&pattern.to_event_pattern().to_string())
                .map_err(|error| invalid("--on", &error))?;
            for topic in self.emits.iter().filter_map(|it| it.parse().ok()) {
                if pattern.matches(&topic) {
                    let reason = format!(
                        "{topic} matches --on {on}: the agent would handle its own events without end"
                    );
                    return Err(Problem::of_option("--emits", reason));
                }
            }
            let example = on.replace('*', "example");
            let example = example.parse().map_err(|error| invalid("--on", &error))?;
            topics.push((on.clone(), example));
        }
        if self.schedule.is_some() {
            let topic = format!("schedule.{}", self.name);
            let example = topic.parse().map_err(|error| invalid("NAME", &error))?;
            topics.push((topic, example));
        }
        for topic in &self.emits {
            topic
                .parse::<Topic>()
                .map_err(|error| invalid("--emits", &error))?;
        }
        if self.http.is_none() {
            return Ok(topics);
        }
        if self.emits.is_empty() {
            let reason = "it needs --emits, the topic of its events";
            return Err(Problem::of_option("--http", reason));
        }
        let mut needs = self.needs.iter().map(String::as_str);
        match needs.find(|need| !SOURCE_NEEDS.contains(need)) {
            None => Ok(topics),
            Some(need) => {
                let reason = format!("an agent with --http cannot need {need}; it can need state");
                Err(Problem::of_option("--needs", reason))
            }
        }
    }

    fn needs(&self) -> BTreeSet<&str> {
        let mut needs: BTreeSet<&str> = self.needs.iter().map(String::as_str).collect();
        if self.http.is_some() {
            needs.extend(["bus", "clock"]);
            return needs;
        }
        if needs.is_empty() || needs.contains("model") {
            needs.insert("state");
        }
        if needs.contains("github-write") {
            needs.remove("github-read");
        }
        if !self.emits.is_empty() {
            needs.insert("bus");
        }
        needs
    }

    /// Names the option for each problem of the new manifest, which does not exist afterwards.
    fn by_option(&self, files: &[(String, String)], problems: Vec<Problem>) -> Vec<Problem> {
        let path = format!("functions/{}/function.toml", self.name);
        let manifest = files.iter().find(|(file, _)| *file == path);
        let manifest = manifest.map(|(_, text)| text.as_str()).unwrap_or_default();
        let option = |line: usize| {
            let text = manifest.lines().nth(line - 1).unwrap_or_default();
            let key = text.split(" = ").next().unwrap_or_default();
            match key {
                "http" => "--http",
                "schedule" => "--schedule",
                "emits" => "--emits",
                "topics" | "[[subscribe]]" => "--on",
                "invoke" | "concurrency" => "--queue",
                "state" | "bus" | "github-read" | "github-write" | "model" | "clock"
                | "entropy" => "--needs",
                _ => "NAME",
            }
        };
        let problems = problems
            .into_iter()
            .map(|problem| match problem.line_in(&path) {
                Some(line) => problem.at_option(option(line)),
                None => problem,
            });
        problems.collect()
    }
}
