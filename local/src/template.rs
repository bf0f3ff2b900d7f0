//! `infra/template.yaml`, read as far as it says how events go: the rules and
//! what they lead to. What AWS does with the template, the local runner does too.

mod read;
mod yaml;

use events::{EventBridgeEvent, EventId, Rate, Topic};
use pattern::{EventPattern, RuleSet};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// The template that was there when this was built.
pub const BUILT_IN: &str = include_str!("../../infra/template.yaml");

/// How events go: the template's rules, and the functions that they lead to.
#[derive(Debug)]
pub struct Template {
    /// The rules, by name, each with where its events go.
    pub rules: Vec<Rule>,
    /// The functions, by name (`pull-request`), and how long each may run.
    pub functions: BTreeMap<String, Duration>,
    /// Schedules that publish events (`AWS::Scheduler::Schedule`).
    pub schedules: Vec<Schedule>,
    index: RuleSet<usize>,
}

/// One rule of the bus (`AWS::Events::Rule`).
#[derive(Debug)]
pub struct Rule {
    /// The resource's name in the template.
    pub name: String,
    /// What it matches.
    pub pattern: EventPattern,
    /// Where its events go.
    pub routes: Vec<Route>,
}

/// Schedule of the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Topic of its events, such as `schedule.reconcile`.
    pub topic: Topic,
    /// Id of the resource, from which the ids of its events derive.
    pub id: EventId,
    /// Interval.
    pub rate: Rate,
}

/// From a rule's target to the function that is called in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The rule's name.
    pub rule: String,
    /// The target's `Id`.
    pub target: String,
    /// What the target's `Arn` names: the resource of a function or of a queue.
    pub resource: String,
    /// The function's name.
    pub function: String,
    /// How it gets there.
    pub via: Via,
}

/// How an event gets from a rule to its function, and what happens when the
/// function fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// EventBridge calls the function asynchronously ("How Lambda handles errors
    /// and retries with asynchronous invocation").
    Invoke {
        /// Tries after the first (`MaximumRetryAttempts`).
        retries: u32,
        /// Not tried any more when older than this (`MaximumEventAgeInSeconds`).
        max_age: Duration,
        /// What EventBridge does when it cannot call the function at all.
        target: RetryPolicy,
    },
    /// EventBridge puts it into an SQS queue, and the function takes it from there.
    Queue {
        /// Before it can be taken (`DelaySeconds`).
        delay: Duration,
        /// Between two tries (`VisibilityTimeout`).
        visibility: Duration,
        /// Tries in all (`maxReceiveCount`).
        max_receives: u32,
        /// Deliveries at a time (`MaximumConcurrency`), if the template bounds them.
        max_concurrency: Option<u32>,
    },
}

/// How long EventBridge tries to reach a target ("RetryPolicy").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries after the first (`MaximumRetryAttempts`).
    pub retries: u32,
    /// Not tried any more when older than this (`MaximumEventAgeInSeconds`).
    pub max_age: Duration,
}

/// A template that says something else than it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {path}: {problem}", line_of(*.line))]
pub struct TemplateError {
    /// The file.
    pub file: String,
    /// Line, from 1, where it is known.
    pub line: Option<usize>,
    /// What it is about, such as `Resources.SecurityRule.Properties.Targets`.
    pub path: String,
    /// What is wrong, and what was expected.
    pub problem: String,
}

fn line_of(line: Option<usize>) -> String {
    line.map(|line| format!(":{line}")).unwrap_or_default()
}

/// The whole of a template's `text` as JSON, CloudFormation's short tags in their
/// long form; `file` is what errors call it.
///
/// # Errors
/// [`TemplateError`] when it is no YAML.
pub fn json(text: &str, file: &str) -> Result<Value, TemplateError> {
    Ok(yaml::Document::parse(text, file)?.json)
}

impl Template {
    /// Reads the file at `path`, or the template that is built in.
    ///
    /// # Errors
    /// [`TemplateError`] names the place and what was expected there.
    pub fn load(path: Option<&Path>) -> Result<Self, TemplateError> {
        let Some(path) = path else {
            return Self::parse(BUILT_IN, "infra/template.yaml");
        };
        let file = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, &file),
            Err(error) => Err(TemplateError {
                file,
                line: None,
                path: "the file".to_owned(),
                problem: error.to_string(),
            }),
        }
    }

    /// Reads a template's `text`; `file` is what errors call it.
    ///
    /// # Errors
    /// [`TemplateError`] names the place and what was expected there.
    pub fn parse(text: &str, file: &str) -> Result<Self, TemplateError> {
        let document = yaml::Document::parse(text, file)?;
        let functions = read::functions(&document)?;
        let rules = read::rules(&document)?;
        if rules.is_empty() {
            let problem = "no AWS::Events::Rule is enabled: every event would be dropped. Expected \
                           the template of the bot, such as infra/template.yaml";
            return Err(document.error("Resources", problem));
        }
        let mut index = RuleSet::new();
        for (at, rule) in rules.iter().enumerate() {
            index.insert(rule.pattern.clone(), at);
        }
        Ok(Self {
            rules,
            schedules: read::schedules(&document)?,
            functions: functions
                .into_values()
                .map(|function| (function.name, function.timeout))
                .collect(),
            index,
        })
    }

    /// The routes that `event` takes, in the template's order.
    pub fn routes<D: Serialize>(&self, event: &EventBridgeEvent<D>) -> Vec<&Route> {
        let event = pattern::Event::from_value(&serde_json::json!(event));
        let matching = self
            .index
            .matching(&event)
            .filter_map(|at| self.rules.get(*at));
        matching.flat_map(|rule| &rule.routes).collect()
    }

    /// Returns whether a rule sends the topics of `pattern` to `function`.
    pub fn subscribes(&self, function: &str, pattern: &EventPattern) -> bool {
        let rules = self.rules.iter().filter(|rule| {
            let mut routes = rule.routes.iter();
            routes.any(|route| route.function == function)
        });
        let subscribed: HashSet<Value> = rules.flat_map(|rule| topics(&rule.pattern)).collect();
        topics(pattern)
            .iter()
            .all(|topic| subscribed.contains(topic))
    }

    /// The route that a delivery was put on, if it is still there.
    pub fn route(&self, rule: &str, target: &str) -> Option<&Route> {
        let mut routes = self.rules.iter().flat_map(|rule| &rule.routes);
        routes.find(|route| route.rule == rule && route.target == target)
    }
}

/// Returns the values of `detail-type`.
fn topics(pattern: &EventPattern) -> Vec<Value> {
    let json: Value = serde_json::from_str(pattern.as_str()).unwrap_or_default();
    let topics = json.get("detail-type").and_then(Value::as_array);
    topics.cloned().unwrap_or_default()
}

impl Via {
    /// Before an event on it is delivered for the first time.
    pub fn delay(self) -> Duration {
        match self {
            Self::Invoke { .. } => Duration::ZERO,
            Self::Queue { delay, .. } => delay,
        }
    }

    /// Returns the most deliveries at a time, if the template bounds them.
    pub fn max_concurrency(self) -> Option<u32> {
        match self {
            Self::Invoke { .. } => None,
            Self::Queue {
                max_concurrency, ..
            } => max_concurrency,
        }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invoke { retries, .. } => write!(f, "{} tries", retries + 1),
            Self::Queue {
                delay,
                visibility,
                max_receives,
                max_concurrency: _,
            } => {
                if !delay.is_zero() {
                    write!(f, "after {} s, ", delay.as_secs())?;
                }
                write!(f, "{max_receives} tries, {} s apart", visibility.as_secs())
            }
        }
    }
}

#[cfg(test)]
mod tests;
