//! Converts the template's JSON to rules and routes.

use super::error::TemplateError;
use super::yaml::{Document, join};
use super::{DeliveryPath, RetryPolicy, Route, Rule, Schedule};
use pattern::EventPattern;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Value of the template with its path.
#[derive(Clone)]
struct Node<'a> {
    document: &'a Document,
    value: &'a Value,
    path: String,
}

/// Function of the template.
pub(super) struct Function {
    pub(super) name: String,
    pub(super) timeout: Duration,
    /// Retry policy for failures of asynchronous invocations.
    invoke: RetryPolicy,
}

/// Function that polls a queue.
struct Consumer<'a> {
    /// Name of its resource.
    function: &'a str,
    /// `MaximumConcurrency` of its event source.
    max_concurrency: Option<u32>,
}

impl<'a> Node<'a> {
    fn root(document: &'a Document) -> Self {
        Self {
            document,
            value: &document.json,
            path: String::new(),
        }
    }

    fn error(&self, problem: impl ToString) -> TemplateError {
        self.document.error(&self.path, problem)
    }

    /// Returns the value under `name`, or null if it does not exist.
    fn get(&self, name: &str) -> Self {
        const NOTHING: &Value = &Value::Null;
        let found = match self.value.as_array() {
            Some(items) => name.parse().ok().and_then(|n: usize| items.get(n)),
            None => self.value.get(name),
        };
        Self {
            document: self.document,
            value: found.unwrap_or(NOTHING),
            path: join(&self.path, name),
        }
    }

    fn at(&self, names: &[&str]) -> Self {
        names.iter().fold(self.clone(), |node, name| node.get(name))
    }

    fn is_there(&self) -> bool {
        !self.value.is_null()
    }

    fn entries(&self) -> impl Iterator<Item = (&'a str, Self)> {
        let names = self
            .value
            .as_object()
            .into_iter()
            .flat_map(|map| map.keys());
        names.map(|name| (name.as_str(), self.get(name)))
    }

    fn items(&self) -> Vec<Self> {
        let count = self.value.as_array().map_or(0, Vec::len);
        (0..count).map(|n| self.get(&n.to_string())).collect()
    }

    fn text(&self) -> Result<&'a str, TemplateError> {
        self.value
            .as_str()
            .ok_or_else(|| self.error("expected a text"))
    }

    /// Parses a whole number within `range`. A reference to a parameter has the parameter's default
    /// value.
    fn number(&self, range: std::ops::RangeInclusive<u32>) -> Result<u32, TemplateError> {
        let parameter = self.get("Ref").value.as_str();
        let defaults = Self::root(self.document).get("Parameters");
        let value = match parameter {
            Some(name) => defaults.at(&[name, "Default"]).value,
            None => self.value,
        };
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                self.error(format!(
                    "expected a whole number from {} to {}",
                    range.start(),
                    range.end()
                ))
            })
    }

    fn number_or(
        &self,
        range: std::ops::RangeInclusive<u32>,
        default: u32,
    ) -> Result<u32, TemplateError> {
        if self.is_there() {
            self.number(range)
        } else {
            Ok(default)
        }
    }

    fn seconds_or(
        &self,
        range: std::ops::RangeInclusive<u32>,
        default: u32,
    ) -> Result<Duration, TemplateError> {
        Ok(Duration::from_secs(self.number_or(range, default)?.into()))
    }

    /// Returns the resource of an ARN: `!GetAtt X.Arn` or `!Sub ${X.Arn}`.
    fn arn_of(&self) -> Result<&'a str, TemplateError> {
        let get_att = self.get("Fn::GetAtt");
        let sub = self.get("Fn::Sub").value.as_str();
        let named = sub.and_then(|text| text.strip_prefix("${")?.strip_suffix(".Arn}"));
        let resource = match (
            get_att.get("0").value.as_str(),
            get_att.get("1").value.as_str(),
        ) {
            (Some(resource), Some("Arn")) => Some(resource),
            _ => named,
        };
        resource.ok_or_else(|| {
            self.error("expected the ARN of a resource, such as !GetAtt SecurityFunction.Arn")
        })
    }
}

/// Returns the template's resources of one type, in order.
fn resources<'a>(document: &'a Document, of: &str) -> Vec<(&'a str, Node<'a>)> {
    let all = Node::root(document).get("Resources");
    let mut of_type: Vec<_> = all
        .entries()
        .filter(|(_, node)| node.get("Type").value == of)
        .collect();
    of_type.sort_by_key(|(_, node)| document.line(&node.path));
    of_type
}

/// Returns the schedules that publish events.
pub(super) fn schedules(document: &Document) -> Result<Vec<Schedule>, TemplateError> {
    let resources = resources(document, "AWS::Scheduler::Schedule");
    let schedule = |(name, node): (&str, &Node<'_>)| {
        let properties = node.get("Properties");
        let topic = properties.at(&["Target", "EventBridgeParameters", "DetailType"]);
        let rate = properties.get("ScheduleExpression");
        Ok(Schedule {
            topic: topic.text()?.parse().map_err(|error| topic.error(error))?,
            id: name.parse().map_err(|error| node.error(error))?,
            rate: rate.text()?.parse().map_err(|error| rate.error(error))?,
        })
    };
    resources
        .iter()
        .map(|(name, node)| schedule((name, node)))
        .collect()
}

/// Returns the functions by their resource's name.
pub(super) fn functions(document: &Document) -> Result<BTreeMap<&str, Function>, TemplateError> {
    let resources = resources(document, "AWS::Serverless::Function");
    let function = |node: &Node<'_>| {
        let properties = node.get("Properties");
        let globals = Node::root(document).at(&["Globals", "Function"]);
        let setting = |name: &str| match properties.get(name) {
            own if own.is_there() => own,
            _ => globals.get(name),
        };
        let code = properties.get("CodeUri");
        let name = code
            .text()?
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default();
        let invoke = setting("EventInvokeConfig");
        Ok(Function {
            name: name.to_owned(),
            timeout: setting("Timeout").seconds_or(1..=900, 3)?,
            invoke: RetryPolicy {
                retries: invoke.get("MaximumRetryAttempts").number_or(0..=2, 2)?,
                max_age: invoke
                    .get("MaximumEventAgeInSeconds")
                    .seconds_or(60..=21600, 21600)?,
            },
        })
    };
    resources
        .iter()
        .map(|(name, node)| Ok((*name, function(node)?)))
        .collect()
}

/// Returns the functions that poll queues. Keys are the queues' resource names.
fn consumers(document: &Document) -> Result<BTreeMap<&str, Consumer<'_>>, TemplateError> {
    let mut consumers = BTreeMap::new();
    for (function, node) in resources(document, "AWS::Serverless::Function") {
        for (_, source) in node.at(&["Properties", "Events"]).entries() {
            let kind = source.get("Type");
            if kind.text()? != "SQS" {
                return Err(kind.error(
                    "expected SQS: rules are resources of type AWS::Events::Rule, \
                     and nothing else brings events to a function here",
                ));
            }
            let queue = source.at(&["Properties", "Queue"]);
            let scaling = source.at(&["Properties", "ScalingConfig", "MaximumConcurrency"]);
            let max_concurrency = match scaling.is_there() {
                true => Some(scaling.number(2..=1000)?),
                false => None,
            };
            let consumer = Consumer {
                function,
                max_concurrency,
            };
            if let Some(other) = consumers.insert(queue.arn_of()?, consumer) {
                let other = other.function;
                return Err(queue.error(format!("{other} takes from this queue already")));
            }
        }
    }
    Ok(consumers)
}

/// Returns the rules in the template's order.
pub(super) fn rules(document: &Document) -> Result<Vec<Rule>, TemplateError> {
    let functions = functions(document)?;
    let consumers = consumers(document)?;
    let mut rules = Vec::new();
    for (name, node) in resources(document, "AWS::Events::Rule") {
        let properties = node.get("Properties");
        if properties.get("State").value == "DISABLED" {
            continue;
        }
        let pattern = properties.get("EventPattern");
        let targets = properties.get("Targets");
        if !(1..=5).contains(&targets.items().len()) {
            return Err(targets.error("expected one to five targets"));
        }
        let route = |target: &Node<'_>| route(document, name, target, &functions, &consumers);
        rules.push(Rule {
            name: name.to_owned(),
            pattern: EventPattern::parse(&json!(pattern.value).to_string())
                .map_err(|error| pattern.error(error))?,
            routes: targets
                .items()
                .iter()
                .map(route)
                .collect::<Result<_, _>>()?,
        });
    }
    let patterns = rules.iter().map(|rule| (rule.name.as_str(), &rule.pattern));
    match pattern::lint(patterns).first() {
        Some(lint) => Err(document.error("Resources", lint)),
        None => Ok(rules),
    }
}

fn route(
    document: &Document,
    rule: &str,
    target: &Node<'_>,
    functions: &BTreeMap<&str, Function>,
    consumers: &BTreeMap<&str, Consumer<'_>>,
) -> Result<Route, TemplateError> {
    let policy = target.get("RetryPolicy");
    let policy = RetryPolicy {
        retries: policy.get("MaximumRetryAttempts").number_or(0..=185, 185)?,
        max_age: policy
            .get("MaximumEventAgeInSeconds")
            .seconds_or(60..=86400, 86400)?,
    };
    let arn = target.get("Arn");
    let resource = arn.arn_of()?;
    let (function, via) = match (functions.get(resource), consumers.get(resource)) {
        (Some(function), _) => {
            let RetryPolicy { retries, max_age } = function.invoke;
            let via = DeliveryPath::Invoke {
                retries,
                max_age,
                target: policy,
            };
            (function, via)
        }
        (None, Some(consumer)) => match functions.get(consumer.function) {
            Some(function) => (function, queue(document, resource, consumer)?),
            None => {
                let problem = format!("{} is not a function of this template", consumer.function);
                return Err(arn.error(problem));
            }
        },
        (None, None) => {
            let problem =
                format!("{resource} is neither a function nor a queue that a function takes from");
            return Err(arn.error(problem));
        }
    };
    Ok(Route {
        rule: rule.to_owned(),
        target: target.get("Id").text()?.to_owned(),
        resource: resource.to_owned(),
        function: function.name.clone(),
        via,
    })
}

fn queue(
    document: &Document,
    resource: &str,
    consumer: &Consumer<'_>,
) -> Result<DeliveryPath, TemplateError> {
    let node = Node::root(document).at(&["Resources", resource]);
    let kind = node.get("Type");
    if kind.value != "AWS::SQS::Queue" {
        return Err(kind.error("expected AWS::SQS::Queue"));
    }
    let properties = node.get("Properties");
    let redrive = properties.get("RedrivePolicy");
    if !redrive.is_there() {
        return Err(properties
            .error("expected a RedrivePolicy: without one, a failed message is retried forever"));
    }
    Ok(DeliveryPath::Queue {
        delay: properties.get("DelaySeconds").seconds_or(0..=900, 0)?,
        visibility: properties
            .get("VisibilityTimeout")
            .seconds_or(0..=43200, 30)?,
        max_receives: redrive.get("maxReceiveCount").number(1..=1000)?,
        max_concurrency: consumer.max_concurrency,
    })
}
