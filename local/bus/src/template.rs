//! Reader of `infra/template.yaml`: the rules, their targets and the target's options. The local
//! runner applies them as AWS does.

mod error;
mod read;
mod yaml;

pub use error::TemplateError;

use events::{EventBridgeEvent, EventId, Rate, Topic};
use pattern::{EventPattern, RuleSet};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// Template that is compiled in.
pub const BUILT_IN: &str = include_str!("../../../infra/template.yaml");

/// Rules of a template and the functions that they target.
#[derive(Debug)]
pub struct Template {
    /// Rules by name, with their routes.
    pub rules: Vec<Rule>,
    /// Functions by name (`pull-request`), with their time limits.
    pub functions: BTreeMap<String, Duration>,
    /// Schedules that publish events (`AWS::Scheduler::Schedule`).
    pub schedules: Vec<Schedule>,
    index: RuleSet<usize>,
}

/// Rule of the bus (`AWS::Events::Rule`).
#[derive(Debug)]
pub struct Rule {
    /// Name of the resource in the template.
    pub name: String,
    /// Pattern of matching events.
    pub pattern: EventPattern,
    /// Routes of matching events.
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
    /// Name of the rule.
    pub rule: String,
    /// `Id` of the target.
    pub target: String,
    /// Name of the resource in the target's `Arn`: a function or a queue.
    pub resource: String,
    /// Name of the function.
    pub function: String,
    /// Path of delivery.
    pub via: DeliveryPath,
}

/// Path of delivery from a rule to its function, with the options for failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryPath {
    /// Asynchronous invocation of the function by EventBridge, with retries for errors of the
    /// function ("How Lambda handles errors and retries with asynchronous invocation").
    Invoke {
        /// Tries after the first (`MaximumRetryAttempts`).
        retries: u32,
        /// Maximum age for a retry (`MaximumEventAgeInSeconds`).
        max_age: Duration,
        /// Policy if EventBridge cannot call the function.
        target: RetryPolicy,
    },
    /// EventBridge sends the event to an SQS queue that the function polls.
    Queue {
        /// Delay before the first receive (`DelaySeconds`).
        delay: Duration,
        /// Time between two tries (`VisibilityTimeout`).
        visibility: Duration,
        /// Total number of tries (`maxReceiveCount`).
        max_receives: u32,
        /// Concurrent deliveries (`MaximumConcurrency`), if the template limits them.
        max_concurrency: Option<u32>,
    },
}

/// EventBridge's retries for a target that it cannot reach ("RetryPolicy").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries after the first (`MaximumRetryAttempts`).
    pub retries: u32,
    /// Maximum age for a retry (`MaximumEventAgeInSeconds`).
    pub max_age: Duration,
}

/// Parses a template's `text` to JSON. Expands CloudFormation's short tags to their long form.
/// `file` appears in errors.
///
/// # Errors
/// [`TemplateError`] if the text is not valid YAML.
pub fn json(text: &str, file: &str) -> Result<Value, TemplateError> {
    Ok(yaml::Document::parse(text, file)?.json)
}

impl Template {
    /// Reads the file at `path`, or the compiled-in template.
    ///
    /// # Errors
    /// [`TemplateError`] names the place and the expected form.
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

    /// Reads a template's `text`. `file` appears in errors.
    ///
    /// # Errors
    /// [`TemplateError`] names the place and the expected form.
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

    /// Returns the routes of `event`, in the template's order.
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

    /// Returns the route of a delivery, if the template still has it.
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

impl DeliveryPath {
    /// Returns the delay before the first delivery of an event.
    pub fn delay(self) -> Duration {
        match self {
            Self::Invoke { .. } => Duration::ZERO,
            Self::Queue { delay, .. } => delay,
        }
    }

    /// Returns the maximum number of concurrent deliveries, if the template limits it.
    pub fn max_concurrency(self) -> Option<u32> {
        match self {
            Self::Invoke { .. } => None,
            Self::Queue {
                max_concurrency, ..
            } => max_concurrency,
        }
    }
}

impl fmt::Display for DeliveryPath {
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
