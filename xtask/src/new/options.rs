//! Options of `cargo xtask new agent`.

use crate::manifest::Problem;
use events::{Topic, TopicPattern};
use pattern::EventPattern;
use std::collections::BTreeSet;

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

/// Needs that an agent can have.
pub(super) const NEEDS: [&str; 7] = [
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

impl Agent {
    /// Returns the topic patterns with an example topic for each.
    pub(super) fn topics(&self) -> Result<Vec<(String, Topic)>, Problem> {
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

    pub(super) fn needs(&self) -> BTreeSet<&str> {
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
    pub(super) fn by_option(
        &self,
        files: &[(String, String)],
        problems: Vec<Problem>,
    ) -> Vec<Problem> {
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
                "topics" => "--on",
                "invoke" | "concurrency" => "--queue",
                "state" | "bus" | "github-read" | "github-write" | "model" | "clock"
                | "entropy" => "--needs",
                _ => "NAME",
            }
        };
        let problems = problems
            .into_iter()
            .map(|problem| problem.seen_from(&path))
            .map(|problem| match problem.line_in(&path) {
                Some(line) => problem.at_option(option(line)),
                None => problem,
            });
        problems.collect()
    }
}
