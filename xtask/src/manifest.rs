//! Manifest of a function: `functions/<name>/function.toml`.

mod check;
mod conflicts;
mod form;
mod http;
mod message;
mod names;
mod needs;
mod own_events;
mod parameter;
mod parse;
mod problem;
mod rights;
mod setting;
mod subscribe;
mod values;

pub use conflicts::conflicts;
pub use names::{EXPECTED_NAME, is_name};
pub use needs::{Needs, State};
pub use parse::parse;
pub use problem::Problem;
pub use setting::Setting;

use pattern::{Event, EventPattern};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Function as its manifest declares it, validated.
#[derive(Debug, Clone)]
pub struct Function {
    /// Name of its folder.
    pub name: String,
    /// One sentence without a full stop.
    pub description: String,
    /// HTTP route.
    pub http: Option<Route>,
    /// Rate expression of EventBridge Scheduler.
    pub schedule: Option<String>,
    /// Rules that invoke it.
    pub subscriptions: Vec<Subscription>,
    /// Topics and patterns that it emits.
    pub emits: Vec<String>,
    /// Seconds that one invocation may take; the base file's default if none.
    pub timeout: Option<u64>,
    /// Memory in MB; the base file's default if none.
    pub memory: Option<u64>,
    /// Environment variables that hold a parameter's value.
    pub environment: BTreeMap<String, String>,
    /// Sample event below `events/`.
    pub sample: String,
    /// State, services and secrets that it uses.
    pub needs: Needs,
    /// Parameter that holds its reserved concurrency, in place of `ReservedConcurrency`.
    pub reserved_concurrency: Option<String>,
    /// The local server refuses to start without the secrets of this event source.
    pub is_required: bool,
    lines: BTreeMap<(Key, String), usize>,
}

/// Key of a manifest whose values have lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// `topics` of a subscription.
    Topics,
    /// `emits`.
    Emits,
    /// `read` and `write` of `needs.state`.
    State,
    /// `sample`.
    Sample,
    /// Parameters of `environment`.
    Environment,
    /// Parameters of `needs.secrets`.
    Secret,
}

/// HTTP route, such as `POST /webhook`.
#[derive(Debug, Clone)]
pub struct Route {
    /// Method and path.
    pub key: String,
    /// Line in the manifest, from 1.
    pub line: usize,
}

/// Rule and its target.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// Name that the resources begin with.
    pub name: String,
    /// Topic patterns.
    pub topics: Vec<String>,
    /// EventBridge's event pattern.
    pub pattern: Value,
    /// Way from the rule to the function.
    pub invoke: Invoke,
    /// Name of the function's event source in the template.
    pub source: String,
    /// Id of the rule's target.
    pub target: String,
    /// Seconds before the function may take an event from the queue.
    pub delay: Option<Setting>,
    /// Events that the function takes from the queue at a time. Every queue has a limit.
    pub concurrency: Option<Setting>,
    /// Line in the manifest, from 1.
    pub line: usize,
}

impl Subscription {
    /// Returns whether the rule matches `event`.
    pub fn matches(&self, event: &Event) -> bool {
        EventPattern::parse(&self.pattern.to_string()).is_ok_and(|it| it.matches(event))
    }
}

/// Way from a rule to the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Invoke {
    /// EventBridge invokes the function.
    Rule,
    /// EventBridge sends to a queue, from which Lambda invokes the function.
    Queue,
}

impl Function {
    /// Returns the manifest's path.
    pub fn file(&self) -> String {
        format!("functions/{}/function.toml", self.name)
    }

    /// Returns the name of its crate in code.
    pub fn module(&self) -> String {
        self.name.replace('-', "_")
    }

    /// Returns the line of a value in the manifest, from 1.
    pub fn line(&self, key: Key, value: &str) -> usize {
        let line = self.lines.get(&(key, value.to_owned()));
        line.copied().unwrap_or(1)
    }

    /// Returns the exact topics that it subscribes to or emits, with their lines.
    pub fn exact_topics(&self) -> impl Iterator<Item = (&str, usize)> {
        let subscribed = self.subscriptions.iter().flat_map(|it| &it.topics);
        let subscribed = subscribed.map(|it| (Key::Topics, it));
        let all = subscribed.chain(self.emits.iter().map(|it| (Key::Emits, it)));
        let exact = all.filter(|(_, topic)| !topic.contains('*'));
        exact.map(|(key, topic)| (topic.as_str(), self.line(key, topic)))
    }

    /// Returns the subscription that has a queue.
    pub fn queue(&self) -> Option<&Subscription> {
        let mut subscriptions = self.subscriptions.iter();
        subscriptions.find(|it| it.invoke == Invoke::Queue)
    }

    /// Returns whether EventBridge invokes the function without a queue.
    pub fn has_invocation(&self) -> bool {
        self.subscriptions
            .iter()
            .any(|it| it.invoke == Invoke::Rule)
    }
}
