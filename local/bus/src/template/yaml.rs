//! Parser of YAML with CloudFormation's short tags. Produces the same JSON as AWS: `!Ref X` is
//! `{"Ref": "X"}`, `!GetAtt X.Arn` is `{"Fn::GetAtt": ["X", "Arn"]}`.

use super::error::TemplateError;
use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Template as JSON, with the first line of each value.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) json: Value,
    lines: BTreeMap<String, usize>,
    file: String,
}

impl Document {
    pub(super) fn parse(text: &str, file: &str) -> Result<Self, TemplateError> {
        let mut document = Self {
            json: Value::Null,
            lines: BTreeMap::new(),
            file: file.to_owned(),
        };
        let nodes = MarkedYaml::load_from_str(text).map_err(|error| TemplateError {
            file: file.to_owned(),
            line: Some(error.marker().line()),
            path: "the file".to_owned(),
            problem: format!("invalid YAML: {}", error.info()),
        })?;
        let Some(node) = nodes.first() else {
            return Err(document.error("the file", "it is empty"));
        };
        document.json = document.convert(node, String::new())?;
        Ok(document)
    }

    /// Returns the line of the value at `path` (names joined by dots), or of its nearest existing
    /// ancestor.
    pub(super) fn line(&self, path: &str) -> Option<usize> {
        let mut nearest = path;
        loop {
            match (self.lines.get(nearest), nearest.rsplit_once('.')) {
                (Some(line), _) => return Some(*line),
                (None, Some((above, _))) => nearest = above,
                (None, None) => return self.lines.get("").copied(),
            }
        }
    }

    /// Builds an error about the value at `path`.
    pub(super) fn error(&self, path: &str, problem: impl ToString) -> TemplateError {
        let line = self.line(path);
        TemplateError {
            file: self.file.clone(),
            line,
            path: path.to_owned(),
            problem: problem.to_string(),
        }
    }

    fn convert(&mut self, node: &MarkedYaml<'_>, path: String) -> Result<Value, TemplateError> {
        // A tagged scalar (`!GetAtt …`) has no position. Its parent's position is used instead.
        if node.span.start.line() > 0 {
            self.lines.insert(path.clone(), node.span.start.line());
        }
        match &node.data {
            YamlData::Value(scalar) => Ok(value(scalar)),
            YamlData::Sequence(items) => items
                .iter()
                .enumerate()
                .map(|(n, item)| self.convert(item, join(&path, &n.to_string())))
                .collect(),
            YamlData::Mapping(entries) => {
                let mut map = Map::new();
                for (key, item) in entries {
                    let YamlData::Value(key) = &key.data else {
                        return Err(self.error(&path, "a key must be a text"));
                    };
                    let key = text(key);
                    let item = self.convert(item, join(&path, &key))?;
                    map.insert(key, item);
                }
                Ok(Value::Object(map))
            }
            YamlData::Tagged(tag, inner) => {
                let inner = self.convert(inner, path)?;
                Ok(long_form(&tag.suffix, inner))
            }
            YamlData::Representation(text, ..) => Ok(json!(text)),
            YamlData::Alias(_) | YamlData::BadValue => {
                Err(self.error(&path, "a template cannot contain this value"))
            }
        }
    }
}

/// Returns the path of `name` within `path`.
pub(super) fn join(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

fn long_form(tag: &str, inner: Value) -> Value {
    match (tag, &inner) {
        ("Ref", _) => json!({ "Ref": inner }),
        ("GetAtt", Value::String(text)) => {
            let (resource, attribute) = text.split_once('.').unwrap_or((text, ""));
            json!({ "Fn::GetAtt": [resource, attribute] })
        }
        (function, _) => json!({ format!("Fn::{function}"): inner }),
    }
}

fn value(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(truth) => json!(truth),
        Scalar::Integer(number) => json!(number),
        Scalar::FloatingPoint(number) => json!(number.into_inner()),
        Scalar::String(text) => json!(text),
    }
}

fn text(scalar: &Scalar<'_>) -> String {
    let value = value(scalar);
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}
