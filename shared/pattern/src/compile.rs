//! Flattens a pattern's tree into alternatives: fields by path, with `$or` expanded.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::InvalidPattern;
use crate::matcher::Matcher;
use crate::operators;
use crate::tree::Node;

/// The number of combinations AWS allows `$or` to expand into.
pub(crate) const MAX_COMBINATIONS: usize = 1_000;

/// Names that may not be fields inside `$or`; if one appears there, `$or` is an ordinary field.
/// Event Ruler reserves the current operators and some possible future ones.
const RESERVED: [&str; 25] = [
    "exactly",
    "equals-ignore-case",
    "prefix",
    "suffix",
    "anything-but",
    "exists",
    "wildcard",
    "numeric",
    "cidr",
    "html",
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
];

/// A path and its entries; a value there must satisfy one of them.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// The keys, joined by dots: a key with dots and nested keys are the same path.
    pub(crate) path: String,
    pub(crate) matchers: Vec<Matcher>,
}

/// An expanded pattern.
#[derive(Clone, Debug)]
pub(crate) struct CompiledPattern {
    /// Every list of the pattern, in the order written, including overwritten ones.
    pub(crate) fields: Vec<Field>,
    /// Each alternative lists the fields (indexes into `fields`) that must all be satisfied.
    pub(crate) alternatives: Vec<Vec<usize>>,
}

impl CompiledPattern {
    /// Returns the fields of the alternatives once each, without those overwritten in all of them.
    pub(crate) fn fields_in_use(&self) -> impl Iterator<Item = &Field> {
        let used: BTreeSet<usize> = self.alternatives.iter().flatten().copied().collect();
        self.fields
            .iter()
            .enumerate()
            .filter_map(move |(number, field)| used.contains(&number).then_some(field))
    }
}

pub(crate) fn compile(pattern: &Node) -> Result<CompiledPattern, InvalidPattern> {
    let Node::Object(entries) = pattern else {
        return Err(InvalidPattern::new("Filter is not an object"));
    };
    let mut compiler = Compiler {
        fields: Vec::new(),
        alternatives: vec![BTreeMap::new()],
    };
    compiler.object(None, entries)?;
    Ok(CompiledPattern {
        fields: compiler.fields,
        alternatives: compiler
            .alternatives
            .into_iter()
            .map(|fields| fields.into_values().collect())
            .collect(),
    })
}

struct Compiler {
    fields: Vec<Field>,
    /// Path to field: a later entry replaces an earlier one.
    alternatives: Vec<BTreeMap<String, usize>>,
}

impl Compiler {
    fn object(
        &mut self,
        path: Option<&str>,
        entries: &[(String, Node)],
    ) -> Result<(), InvalidPattern> {
        if entries.is_empty() {
            return Err(InvalidPattern::new("Empty objects are not allowed"));
        }
        for (key, node) in entries {
            match node {
                Node::Array(branches) if key == "$or" && is_or(branches) => {
                    self.or(path, branches)?;
                }
                Node::Object(inner) => self.object(Some(&join(path, key)), inner)?,
                Node::Array(list) => {
                    let matchers = operators::matchers(list)?;
                    self.set(join(path, key), matchers);
                }
                Node::Scalar(_) => {
                    let reason = format!("\"{key}\" must be an object or an array");
                    return Err(InvalidPattern::new(reason));
                }
            }
        }
        Ok(())
    }

    /// Sets the field in every alternative so far.
    fn set(&mut self, path: String, matchers: Vec<Matcher>) {
        let field = self.fields.len();
        for alternative in &mut self.alternatives {
            alternative.insert(path.clone(), field);
        }
        self.fields.push(Field { path, matchers });
    }

    /// Combines every alternative so far with each branch.
    fn or(&mut self, path: Option<&str>, branches: &[Node]) -> Result<(), InvalidPattern> {
        let before = std::mem::take(&mut self.alternatives);
        let mut multiplied = Vec::new();
        for branch in branches {
            if let Node::Object(entries) = branch {
                self.alternatives.clone_from(&before);
                self.object(path, entries)?;
                multiplied.append(&mut self.alternatives);
            }
            if multiplied.len() > MAX_COMBINATIONS {
                return Err(InvalidPattern::new(format!(
                    "$or makes more than {MAX_COMBINATIONS} combinations"
                )));
            }
        }
        self.alternatives = multiplied;
        Ok(())
    }
}

fn join(path: Option<&str>, key: &str) -> String {
    match path {
        Some(path) => format!("{path}.{key}"),
        None => key.to_owned(),
    }
}

/// Checks whether the list below `$or` makes it an operator: it holds at least two objects, nothing
/// else, and no field is named like an operator.
fn is_or(branches: &[Node]) -> bool {
    branches.len() >= 2
        && branches
            .iter()
            .all(|branch| matches!(branch, Node::Object(entries) if only_fields(entries)))
}

fn only_fields(entries: &[(String, Node)]) -> bool {
    entries.iter().all(|(key, node)| {
        !RESERVED.contains(&key.as_str())
            && match node {
                Node::Object(inner) => only_fields(inner),
                Node::Array(_) | Node::Scalar(_) => true,
            }
    })
}
