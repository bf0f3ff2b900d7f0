//! Validates requests against an OpenAPI description (version 3.0).
#![expect(
    clippy::indexing_slicing,
    reason = "a missing key of a JSON value is null"
)]

use fake_github::HttpRequest;
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Maximum depth of nested schema references.
const DEEPEST: usize = 40;

pub struct Description {
    whole: Value,
}

/// The described operation of a request.
pub struct Operation<'a> {
    /// Name, such as `GET /repos/{owner}/{repo}/pulls/{pull_number}`.
    pub name: String,
    /// The path item, with fields shared by its operations, and the operation.
    about: [&'a Value; 2],
}

impl Description {
    pub fn new(whole: Value) -> Self {
        Self { whole }
    }

    /// Returns the operation of `request`: the matching template with the most
    /// literal parts.
    pub fn operation(&self, request: &HttpRequest) -> Option<Operation<'_>> {
        let paths = self.whole["paths"].as_object()?;
        let literal = |path: &str| {
            path.split('/')
                .filter(|part| !part.starts_with('{'))
                .count()
        };
        let (template, item) = paths
            .iter()
            .filter(|(template, _)| self.fits(template, &request.path))
            .max_by_key(|(template, _)| literal(template))?;
        let operation = item.get(request.method.to_lowercase())?;
        Some(Operation {
            name: format!("{} {template}", request.method),
            about: [item, operation],
        })
    }

    /// Returns `true` if `path` matches `template`. A file path at the end may have
    /// several parts (`x-multi-segment`).
    fn fits(&self, template: &str, path: &str) -> bool {
        let (mut wanted, mut parts) = (template.split('/').peekable(), path.split('/'));
        while let Some(want) = wanted.next() {
            let Some(part) = parts.next() else {
                return false;
            };
            if want == "{path}" && wanted.peek().is_none() {
                return !part.is_empty();
            }
            if want.starts_with('{') && want.ends_with('}') {
                if part.is_empty() {
                    return false;
                }
            } else if want != part {
                return false;
            }
        }
        parts.next().is_none()
    }

    /// Returns the violations of `request`; empty if it matches the description.
    pub fn violations(&self, request: &HttpRequest) -> Vec<String> {
        let Some(operation) = self.operation(request) else {
            return vec![format!("no operation {} {}", request.method, request.path)];
        };
        let mut found = self.query(&operation, &request.query);
        found.extend(self.body(&operation, &request.body));
        let named = found.into_iter();
        named
            .map(|wrong| format!("{}: {wrong}", operation.name))
            .collect()
    }

    fn query(&self, operation: &Operation<'_>, query: &str) -> Vec<String> {
        let lists = operation
            .about
            .iter()
            .filter_map(|about| about["parameters"].as_array());
        let known: BTreeMap<&str, &Value> = lists
            .flatten()
            .map(|parameter| self.resolved(parameter))
            .filter(|parameter| parameter["in"] == "query")
            .filter_map(|parameter| Some((parameter["name"].as_str()?, parameter)))
            .collect();
        let pairs: Vec<(&str, &str)> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .collect();
        let mut found = Vec::new();
        for (name, value) in &pairs {
            match known.get(name) {
                None => found.push(format!("no query parameter {name:?}")),
                Some(parameter) => {
                    let number = value.parse::<i64>().map(Value::from);
                    let value = match parameter["schema"]["type"].as_str() {
                        Some("integer") => number.unwrap_or_else(|_| json!(value)),
                        _ => json!(value),
                    };
                    let schema = self.closed(&parameter["schema"], 0);
                    let wrong = wrong(&schema, &value);
                    found.extend(wrong.iter().map(|wrong| format!("query {name}: {wrong}")));
                }
            }
        }
        let missing = known
            .iter()
            .filter(|(_, parameter)| parameter["required"] == true)
            .filter(|(name, _)| !pairs.iter().any(|(there, _)| there == *name));
        found.extend(missing.map(|(name, _)| format!("query parameter {name:?} is missing")));
        found
    }

    fn body(&self, operation: &Operation<'_>, body: &Value) -> Vec<String> {
        let [_, about] = operation.about;
        let described = self.resolved(&about["requestBody"]);
        if described.is_null() {
            return if body.is_null() {
                vec![]
            } else {
                vec!["it has no body".to_owned()]
            };
        }
        if body.is_null() {
            return if described["required"] == true {
                vec!["its body is missing".to_owned()]
            } else {
                vec![]
            };
        }
        wrong(
            &self.closed(&described["content"]["application/json"]["schema"], 0),
            body,
        )
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str().and_then(|to| to.strip_prefix('#')) {
            Some(to) => self
                .whole
                .pointer(to)
                .unwrap_or_else(|| panic!("{to} is nowhere")),
            None => value,
        }
    }

    /// Returns the schema with resolved references and without additional fields,
    /// and with `nullable` converted to JSON Schema.
    fn closed(&self, schema: &Value, depth: usize) -> Value {
        assert!(depth < DEEPEST, "schemas without end");
        let schema = self.resolved(schema);
        match schema {
            Value::Object(fields) => {
                let mut closed: Map<String, Value> = fields
                    .iter()
                    .filter(|(name, _)| !matches!(name.as_str(), "example" | "examples"))
                    .map(|(name, value)| (name.clone(), self.closed(value, depth + 1)))
                    .collect();
                if fields.get("properties").is_some_and(Value::is_object)
                    && !fields.contains_key("additionalProperties")
                {
                    closed.insert("additionalProperties".to_owned(), json!(false));
                }
                if fields.get("nullable") == Some(&json!(true)) {
                    return json!({"anyOf": [closed, {"type": "null"}]});
                }
                Value::Object(closed)
            }
            Value::Array(all) => all
                .iter()
                .map(|value| self.closed(value, depth + 1))
                .collect(),
            other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                other.clone()
            }
        }
    }
}

fn wrong(schema: &Value, value: &Value) -> Vec<String> {
    let validator: Validator = jsonschema::options()
        .with_draft(Draft::Draft4)
        .build(schema)
        .expect("a schema");
    let errors = validator.iter_errors(value);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}
