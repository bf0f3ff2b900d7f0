//! Fills the texts of the scaffold.

use super::options::{Agent, NEEDS};
use crate::naming::pascal;
use std::collections::{BTreeMap, BTreeSet};

/// Values and flags of the scaffold's texts.
pub(super) struct Page {
    values: BTreeMap<&'static str, String>,
    flags: BTreeSet<&'static str>,
}

impl Page {
    pub(super) fn new(agent: &Agent, sample: String) -> Self {
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
            ("text", is_http && needs.contains("state")),
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
    pub(super) fn fill(&self, text: &str) -> String {
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
