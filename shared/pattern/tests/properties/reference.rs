//! A reference matcher, as simple as possible. It is slow and shares no code with the matcher.
//!
//! It expands an event with arrays into many events without arrays: one for every way of picking
//! one element of each array. A pattern matches if one of them satisfies all its fields.

use std::fmt;

/// A number as text, and its value if a double holds it. The values are written by hand.
pub type NumberCase = (&'static str, Option<f64>);

/// The list of a `numeric`, and the comparison that it expresses.
pub type Comparison = (&'static str, fn(f64) -> bool);

/// A JSON value of an event.
#[derive(Clone, Debug)]
pub enum Value {
    Text(String),
    Number(NumberCase),
    Bool(bool),
    Null,
    List(Vec<Value>),
    /// Keys may repeat.
    Object(Vec<(String, Value)>),
}

/// An object of a pattern.
#[derive(Clone, Debug)]
pub struct Object(pub Vec<(String, Rule)>);

/// The rule under a key of a pattern.
#[derive(Clone, Debug)]
pub enum Rule {
    List(Vec<Entry>),
    Nested(Object),
    /// The branches of `$or`, under any key.
    Or(Vec<Object>),
}

/// An entry of a field's list.
#[derive(Clone, Debug)]
pub enum Entry {
    Value(Value),
    Exists(bool),
    Prefix(String),
    PrefixIgnoreCase(String),
    Suffix(String),
    SuffixIgnoreCase(String),
    EqualsIgnoreCase(String),
    Wildcard(String),
    Numeric(Comparison),
    /// The block, its first and its last address.
    Cidr([&'static str; 3]),
    ButTexts(Vec<String>),
    ButNumbers(Vec<NumberCase>),
    ButPrefixes(Vec<String>),
    ButSuffixes(Vec<String>),
    ButIgnoreCase(Vec<String>),
    ButWildcards(Vec<String>),
}

/// Fields by path, for one combination of `$or` branches.
type Alternative = Vec<(String, Vec<Entry>)>;

/// Values by path, with one element picked from every array.
type World = Vec<(String, Value)>;

pub fn matches(pattern: &Object, event: &Value) -> bool {
    let alternatives = expand(vec![Vec::new()], "", pattern);
    let worlds = worlds("", event);
    alternatives.iter().any(|fields| {
        worlds.iter().any(|world| {
            fields
                .iter()
                .all(|(path, entries)| satisfied(path, entries, world, &worlds))
        })
    })
}

fn expand(alternatives: Vec<Alternative>, path: &str, object: &Object) -> Vec<Alternative> {
    let mut alternatives = alternatives;
    for (key, rule) in &object.0 {
        alternatives = match rule {
            Rule::List(entries) => alternatives
                .into_iter()
                .map(|mut fields| {
                    let path = join(path, key);
                    fields.retain(|(known, _)| *known != path);
                    fields.push((path, entries.clone()));
                    fields
                })
                .collect(),
            Rule::Nested(inner) => expand(alternatives, &join(path, key), inner),
            Rule::Or(branches) => branches
                .iter()
                .flat_map(|branch| expand(alternatives.clone(), path, branch))
                .collect(),
        };
    }
    alternatives
}

/// Puts a dot in front of every key, so that no path is empty.
fn join(path: &str, key: &str) -> String {
    format!("{path}.{key}")
}

fn worlds(path: &str, value: &Value) -> Vec<World> {
    match value {
        Value::Object(entries) => {
            let mut all: Vec<World> = vec![Vec::new()];
            for (key, value) in entries {
                let more = worlds(&join(path, key), value);
                all = all
                    .iter()
                    .flat_map(|world| {
                        more.iter()
                            .map(|more| [world.clone(), more.clone()].concat())
                    })
                    .collect();
            }
            all
        }
        Value::List(items) => {
            let is_leaf = |item: &&Value| !matches!(item, Value::Object(_) | Value::List(_));
            let leaves: World = items
                .iter()
                .filter(is_leaf)
                .map(|item| (path.to_owned(), item.clone()))
                .collect();
            let picks: Vec<World> = items
                .iter()
                .filter(|item| !is_leaf(item))
                .flat_map(|item| worlds(path, item))
                .map(|world| [leaves.clone(), world].concat())
                .collect();
            if picks.is_empty() {
                vec![leaves]
            } else {
                picks
            }
        }
        Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {
            vec![vec![(path.to_owned(), value.clone())]]
        }
    }
}

fn satisfied(path: &str, entries: &[Entry], world: &World, worlds: &[World]) -> bool {
    let present = worlds.iter().flatten().any(|(known, _)| known == path);
    if !present {
        return entries
            .iter()
            .any(|entry| matches!(entry, Entry::Exists(false)));
    }
    world
        .iter()
        .filter(|(known, _)| known == path)
        .any(|(_, value)| entries.iter().any(|entry| takes(entry, value)))
}

fn takes(entry: &Entry, value: &Value) -> bool {
    let text = if let Value::Text(text) = value {
        Some(text.as_str())
    } else {
        None
    };
    let is_text = |test: &dyn Fn(&str) -> bool| text.is_some_and(test);
    let no_text = |test: &dyn Fn(&str) -> bool| !text.is_some_and(test);
    match entry {
        Entry::Exists(wanted) => *wanted,
        Entry::Value(wanted) => equal(wanted, value),
        Entry::Prefix(prefix) => is_text(&|text| text.starts_with(prefix)),
        Entry::PrefixIgnoreCase(prefix) => {
            is_text(&|text| beginnings(text).any(|part| equal_ignoring_case(prefix, part)))
        }
        Entry::Suffix(suffix) => is_text(&|text| text.ends_with(suffix)),
        Entry::SuffixIgnoreCase(suffix) => {
            is_text(&|text| endings(text).any(|part| equal_ignoring_case(suffix, part)))
        }
        Entry::EqualsIgnoreCase(wanted) => is_text(&|text| equal_ignoring_case(wanted, text)),
        Entry::Wildcard(glob) => is_text(&|text| glob_takes(glob, text)),
        Entry::Numeric((_, compare)) => matches!(value, Value::Number((_, Some(n))) if compare(*n)),
        Entry::Cidr([_, first, last]) => is_text(&|text| {
            let address = |text: &str| text.parse::<std::net::IpAddr>().ok();
            let (first, last) = (address(first), address(last));
            address(text).is_some_and(|found| {
                found.is_ipv4() == first.unwrap().is_ipv4()
                    && first <= Some(found)
                    && Some(found) <= last
            })
        }),
        Entry::ButTexts(texts) => no_text(&|text| texts.iter().any(|other| other == text)),
        Entry::ButNumbers(numbers) => !matches!(
            value,
            Value::Number((_, Some(found))) if numbers.iter().any(|(_, n)| *n == Some(*found))
        ),
        Entry::ButPrefixes(prefixes) => {
            no_text(&|text| prefixes.iter().any(|prefix| text.starts_with(prefix)))
        }
        Entry::ButSuffixes(suffixes) => {
            no_text(&|text| suffixes.iter().any(|suffix| text.ends_with(suffix)))
        }
        Entry::ButIgnoreCase(texts) => {
            no_text(&|text| texts.iter().any(|other| equal_ignoring_case(other, text)))
        }
        Entry::ButWildcards(globs) => {
            no_text(&|text| globs.iter().any(|glob| glob_takes(glob, text)))
        }
    }
}

fn equal(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Text(wanted), Value::Text(found)) => {
            let address = |text: &str| text.parse::<std::net::IpAddr>().ok();
            wanted == found || (address(wanted).is_some() && address(wanted) == address(found))
        }
        (Value::Number((_, Some(wanted))), Value::Number((_, Some(found)))) => wanted == found,
        (Value::Number((wanted, _)), Value::Number((found, _))) => wanted == found,
        (Value::Bool(wanted), Value::Bool(found)) => wanted == found,
        (Value::Null, Value::Null) => true,
        _ => false,
    }
}

fn beginnings(text: &str) -> impl Iterator<Item = &str> {
    (0..=text.len()).filter_map(|end| text.get(..end))
}

fn endings(text: &str) -> impl Iterator<Item = &str> {
    (0..=text.len()).filter_map(|start| text.get(start..))
}

/// Tries every combination of upper and lower case.
fn equal_ignoring_case(pattern: &str, text: &str) -> bool {
    let Some(first) = pattern.chars().next() else {
        return text.is_empty();
    };
    let rest = pattern.get(first.len_utf8()..).unwrap();
    [
        first.to_lowercase().to_string(),
        first.to_uppercase().to_string(),
    ]
    .iter()
    .filter_map(|written| text.strip_prefix(written.as_str()))
    .any(|text| equal_ignoring_case(rest, text))
}

/// Tries every length for every star.
fn glob_takes(glob: &str, text: &str) -> bool {
    match glob.chars().next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = glob.get(1..).unwrap();
            endings(text).any(|text| glob_takes(rest, text))
        }
        Some('\\') => {
            let escaped = glob.get(1..).unwrap().chars().next().unwrap();
            let rest = glob.get(1 + escaped.len_utf8()..).unwrap();
            text.strip_prefix(escaped)
                .is_some_and(|text| glob_takes(rest, text))
        }
        Some(other) => {
            let rest = glob.get(other.len_utf8()..).unwrap();
            text.strip_prefix(other)
                .is_some_and(|text| glob_takes(rest, text))
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn list<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    let items: Vec<String> = items.iter().map(show).collect();
    format!("[{}]", items.join(","))
}

fn object<T: fmt::Display>(entries: &[(String, T)]) -> String {
    let entries: Vec<String> = entries
        .iter()
        .map(|(key, value)| format!("{}:{value}", quoted(key)))
        .collect();
    format!("{{{}}}", entries.join(","))
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Text(text) => quoted(text),
            Self::Number((text, _)) => (*text).to_owned(),
            Self::Bool(truth) => truth.to_string(),
            Self::Null => "null".to_owned(),
            Self::List(items) => list(items, Self::to_string),
            Self::Object(entries) => object(entries),
        })
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&object(&self.0))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::List(entries) => list(entries, Entry::to_string),
            Self::Nested(inner) => inner.to_string(),
            Self::Or(branches) => list(branches, Object::to_string),
        })
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = |texts: &[String]| list(texts, |text| quoted(text));
        let operator = |name: &str, argument: &str| format!("{{\"{name}\":{argument}}}");
        let ignoring = |text: &str| operator("equals-ignore-case", &quoted(text));
        let but =
            |name: &str, list: &[String]| operator("anything-but", &operator(name, &texts(list)));
        f.write_str(&match self {
            Self::Value(value) => value.to_string(),
            Self::Exists(wanted) => operator("exists", &wanted.to_string()),
            Self::Prefix(text) => operator("prefix", &quoted(text)),
            Self::PrefixIgnoreCase(text) => operator("prefix", &ignoring(text)),
            Self::Suffix(text) => operator("suffix", &quoted(text)),
            Self::SuffixIgnoreCase(text) => operator("suffix", &ignoring(text)),
            Self::EqualsIgnoreCase(text) => ignoring(text),
            Self::Wildcard(glob) => operator("wildcard", &quoted(glob)),
            Self::Numeric((terms, _)) => operator("numeric", terms),
            Self::Cidr([block, ..]) => operator("cidr", &quoted(block)),
            Self::ButTexts(list) => operator("anything-but", &texts(list)),
            Self::ButNumbers(numbers) => operator(
                "anything-but",
                &list(numbers, |(text, _)| (*text).to_owned()),
            ),
            Self::ButPrefixes(list) => but("prefix", list),
            Self::ButSuffixes(list) => but("suffix", list),
            Self::ButIgnoreCase(list) => but("equals-ignore-case", list),
            Self::ButWildcards(list) => but("wildcard", list),
        })
    }
}
