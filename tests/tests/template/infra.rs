//! Parsed template for the guards, and a helper that tests a guard.

use local_bus::template::{BUILT_IN, json};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use xtask::manifest::Function;
use xtask::naming::pascal;

pub(crate) type Guard = fn(&Infra) -> Vec<String>;

/// Template with short tags in their long form.
pub(crate) struct Infra(pub(crate) Value);

impl Infra {
    pub(crate) fn parse(text: &str) -> Self {
        Self(json(text, "infra/template.yaml").expect("YAML"))
    }

    /// Returns the properties of all resources of a type, by name.
    pub(crate) fn all(&self, kind: &str) -> impl Iterator<Item = (&str, &Value)> {
        let resources = self.0["Resources"].as_object().expect("resources");
        let of_kind = resources.iter().filter(move |(_, r)| r["Type"] == kind);
        of_kind.map(|(name, resource)| (name.as_str(), &resource["Properties"]))
    }

    pub(crate) fn functions(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.all("AWS::Serverless::Function")
    }

    /// Returns the properties of the resource of a type with this name, or null if it does not
    /// exist.
    pub(crate) fn one(&self, kind: &str, name: Option<&str>) -> &Value {
        let found = self.all(kind).find(|(other, _)| Some(*other) == name);
        found.map_or(&Value::Null, |(_, properties)| properties)
    }

    /// Returns a property of a function, or its global default.
    pub(crate) fn setting<'a>(&'a self, function: &'a Value, name: &str) -> &'a Value {
        let own = &function[name];
        if own.is_null() {
            &self.0["Globals"]["Function"][name]
        } else {
            own
        }
    }

    /// Returns a function's variables, including the global ones.
    pub(crate) fn variables(&self, function: &Value) -> BTreeMap<String, Value> {
        let everybody = &self.0["Globals"]["Function"]["Environment"]["Variables"];
        let own = &function["Environment"]["Variables"];
        let maps = [everybody, own].into_iter().filter_map(Value::as_object);
        maps.flatten()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// Returns a number, or the default of the referenced parameter.
    pub(crate) fn number(&self, value: &Value) -> Option<u64> {
        let parameter = reference(value);
        let default = parameter.map(|name| &self.0["Parameters"][name]["Default"]);
        default.unwrap_or(value).as_u64()
    }

    /// Returns the queues that functions poll: function, its properties, queue, and the event
    /// source's properties.
    pub(crate) fn sources(&self) -> Vec<(&str, &Value, &str, &Value)> {
        let mut sources = Vec::new();
        for (name, function) in self.functions() {
            for source in values(&function["Events"]) {
                let properties = &source["Properties"];
                let queue = arn(&properties["Queue"]).expect("a queue's ARN");
                sources.push((name, function, queue, properties));
            }
        }
        sources
    }

    /// Returns rules with each of their targets: rule, target, and the target's resource.
    pub(crate) fn targets(&self) -> Vec<(&str, &Value, &str)> {
        let mut targets = Vec::new();
        for (name, rule) in self.all("AWS::Events::Rule") {
            for target in values(&rule["Targets"]) {
                let to = arn(&target["Arn"]).expect("a target's ARN");
                targets.push((name, target, to));
            }
        }
        targets
    }

    /// Returns the statements of a function's role.
    pub(crate) fn statements(&self, function: &Value) -> Vec<&Value> {
        let role = self.one("AWS::IAM::Role", arn(&function["Role"]));
        values(&role["Policies"])
            .flat_map(|policy| values(&policy["PolicyDocument"]["Statement"]))
            .collect()
    }

    /// Returns true if an SQS policy allows only this rule to send to a queue.
    pub(crate) fn lets_send(&self, rule: &str, queue: &str) -> bool {
        let mut policies = self.all("AWS::SQS::QueuePolicy");
        policies.any(|(_, policy)| {
            let is_for = values(&policy["Queues"]).any(|of| reference(of) == Some(queue));
            is_for
                && values(&policy["PolicyDocument"]["Statement"]).any(|statement| {
                    let source = &statement["Condition"]["ArnEquals"]["aws:SourceArn"];
                    statement["Action"] == "sqs:SendMessage"
                        && statement["Principal"]["Service"] == "events.amazonaws.com"
                        && arn(&statement["Resource"]) == Some(queue)
                        && (arn(source) == Some(rule)
                            || values(source).any(|source| arn(source) == Some(rule)))
                })
        })
    }
}

/// Returns the values of a list or a map.
pub(crate) fn values(of: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match of {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(entries) => Box::new(entries.values()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Box::new(std::iter::empty())
        }
    }
}

/// Returns all texts within a value.
pub(crate) fn texts(within: &Value) -> Vec<&str> {
    match within.as_str() {
        Some(text) => vec![text],
        None => values(within).flat_map(texts).collect(),
    }
}

/// Returns X of `!Ref X`.
pub(crate) fn reference(value: &Value) -> Option<&str> {
    value["Ref"].as_str()
}

/// Returns X of `!GetAtt X.Arn`.
pub(crate) fn arn(value: &Value) -> Option<&str> {
    let get_att = &value["Fn::GetAtt"];
    get_att[0].as_str().filter(|_| get_att[1] == "Arn")
}

/// Returns the name of a function's folder.
pub(crate) fn folder(function: &Value) -> &str {
    let code = function["CodeUri"].as_str().expect("a path");
    code.rsplit('/').next().expect("a name")
}

/// Checks that the template has no violations. Then replaces `old` by `new` and returns the
/// violations.
pub(crate) fn broken(guard: Guard, old: &str, new: &str) -> String {
    let found = guard(&Infra::parse(BUILT_IN));
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(BUILT_IN.contains(old), "there is no {old:?}");
    let found = guard(&Infra::parse(&BUILT_IN.replacen(old, new, 1)));
    assert!(!found.is_empty(), "{new:?} in place of {old:?} is not seen");
    found.join("\n")
}

/// Returns the functions as their manifests declare them.
pub(crate) fn manifests() -> Vec<Function> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    xtask::wire::functions(&root).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Returns the names of the resources of the functions that `is_selected` selects.
pub(crate) fn resources(is_selected: impl Fn(&Function) -> bool) -> BTreeSet<String> {
    let functions = manifests().into_iter().filter(|it| is_selected(it));
    functions
        .map(|function| format!("{}Function", pascal(&function.name)))
        .collect()
}

/// Returns the names of the resources that violate a guard.
pub(crate) fn subjects(violations: &str) -> BTreeSet<String> {
    let subject = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
    violations.lines().map(subject).collect()
}

/// Returns the branches of an `!If`, or the value itself.
pub(crate) fn branches(value: &Value) -> Vec<&Value> {
    match value["Fn::If"].as_array() {
        Some(parts) => parts.iter().skip(1).flat_map(branches).collect(),
        None => vec![value],
    }
}
