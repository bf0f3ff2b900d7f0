//! Reads the values of a settings file and collects the problems.

use crate::Source;
use crate::choice::Choice;
use crate::error::{Excerpt, MAX_PROBLEMS, PolicyError, Problem, ProblemKind};
use crate::key;
use std::ops::{Range, RangeInclusive};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Value with its position in the file.
pub(crate) type Value<'a> = Spanned<DeValue<'a>>;

/// Value that a setting does not accept.
#[derive(Debug)]
pub(crate) struct RefusedValue {
    /// Position of the value, or of the entry in a list.
    span: Range<usize>,
    /// Accepted values, worded to follow "write".
    allowed: String,
}

pub(crate) fn refuse<T>(value: &Value<'_>, allowed: impl Into<String>) -> Result<T, RefusedValue> {
    Err(RefusedValue {
        span: value.span(),
        allowed: allowed.into(),
    })
}

/// Problems found so far in a file.
pub(crate) struct Problems<'a> {
    text: &'a str,
    found: Vec<(usize, ProblemKind)>,
    more: usize,
}

impl<'a> Problems<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            found: Vec::new(),
            more: 0,
        }
    }

    /// Adds a problem. Calls `wrong` only while the list has room.
    pub(crate) fn push(&mut self, at: usize, wrong: impl FnOnce() -> ProblemKind) {
        if self.found.len() < MAX_PROBLEMS {
            self.found.push((at, wrong()));
        } else {
            self.more += 1;
        }
    }

    fn value(&mut self, key: impl FnOnce() -> String, refused: RefusedValue) {
        let given = Excerpt::of(self.text.get(refused.span.clone()).unwrap_or_default());
        self.push(refused.span.start, || ProblemKind::Value {
            key: key(),
            given,
            allowed: refused.allowed,
        });
    }

    /// Returns `layer` if there are no problems.
    pub(crate) fn none_or<T>(mut self, layer: T, source: Source) -> Result<T, PolicyError> {
        if self.found.is_empty() {
            return Ok(layer);
        }
        self.found.sort_by_key(|(at, _)| *at);
        let text = self.text;
        let problem = |(at, wrong)| {
            let before = text.as_bytes().iter().take(at);
            let line = 1 + before.filter(|byte| **byte == b'\n').count();
            Problem {
                line: (!matches!(wrong, ProblemKind::TooLong { .. })).then_some(line),
                wrong,
            }
        };
        Err(PolicyError {
            source_file: source,
            problems: self.found.into_iter().map(problem).collect(),
            more: self.more,
        })
    }
}

/// One table of the file, present or absent.
pub(crate) struct Section<'a, 'p, 't> {
    name: &'static str,
    table: Option<&'a DeTable<'a>>,
    problems: &'p mut Problems<'t>,
}

impl<'a, 'p, 't> Section<'a, 'p, 't> {
    /// Reads the table with the given name. Unknown keys become problems.
    pub(crate) fn new(
        name: &'static str,
        table: Option<&'a DeTable<'a>>,
        problems: &'p mut Problems<'t>,
    ) -> Self {
        for key in table.into_iter().flat_map(DeTable::keys) {
            let word = key.get_ref();
            if !key::is_known(name, word) {
                problems.push(key.span().start, || ProblemKind::UnknownKey {
                    key: Excerpt::of(&key::full_name(name, word)),
                    nearest: key::nearest(name, word),
                });
            }
        }
        Self {
            name,
            table,
            problems,
        }
    }

    /// Returns the value of `key` as parsed by `read`, if the file has it.
    pub(crate) fn get<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&'a Value<'a>) -> Result<T, RefusedValue>,
    ) -> Option<T> {
        debug_assert!(key::is_known(self.name, key), "{}.{key}", self.name);
        match read(self.table?.get(key)?) {
            Ok(value) => Some(value),
            Err(refused) => {
                let name = self.name;
                self.problems.value(|| key::full_name(name, key), refused);
                None
            }
        }
    }

    /// Adds a problem if the file has `key`, which belongs to another file.
    pub(crate) fn not_here(&mut self, key: &'static str, belongs: &'static str) {
        let found = self.table.and_then(|table| table.get_key_value(key));
        if let Some((place, _)) = found {
            let key = key::full_name(self.name, key);
            self.problems
                .push(place.span().start, || ProblemKind::NotHere { key, belongs });
        }
    }
}

pub(crate) fn table<'a>(value: &'a Value<'a>) -> Result<&'a DeTable<'a>, RefusedValue> {
    match value.get_ref().as_table() {
        Some(table) => Ok(table),
        None => refuse(value, "it as a table"),
    }
}

pub(crate) fn truth(value: &Value<'_>) -> Result<bool, RefusedValue> {
    match value.get_ref().as_bool() {
        Some(truth) => Ok(truth),
        None => refuse(value, "`true` or `false`, without quotes"),
    }
}

/// Reads a whole number within `range`.
pub(crate) fn whole<T: TryFrom<u64>>(
    range: RangeInclusive<u64>,
) -> impl Fn(&Value<'_>) -> Result<T, RefusedValue> {
    move |value| {
        let number = value.get_ref().as_integer();
        number
            .and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok())
            .filter(|number| range.contains(number))
            .and_then(|number| T::try_from(number).ok())
            .map_or_else(
                || {
                    let (least, most) = (range.start(), range.end());
                    refuse(value, format!("a whole number from {least} to {most}"))
                },
                Ok,
            )
    }
}

/// Reads one of a few words.
pub(crate) fn choice<T: Choice>(value: &Value<'_>) -> Result<T, RefusedValue> {
    let word = value.get_ref().as_str();
    let known = T::WORDS.iter().find(|(name, _)| Some(*name) == word);
    known.map_or_else(
        || {
            let words = T::WORDS.iter().map(|(word, _)| format!("\"{word}\""));
            let words = words.collect::<Vec<_>>().join(", ");
            refuse(value, format!("one of {words}"))
        },
        |(_, choice)| Ok(*choice),
    )
}

/// Reads a text that is not blank and has at most `most` characters, all accepted by `takes`.
pub(crate) fn text<'a>(
    value: &'a Value<'a>,
    most: usize,
    takes: impl Fn(char) -> bool,
    allowed: &str,
) -> Result<&'a str, RefusedValue> {
    value
        .get_ref()
        .as_str()
        .filter(|text| !text.trim().is_empty())
        .filter(|text| text.chars().nth(most).is_none() && text.chars().all(takes))
        .map_or_else(
            || refuse(value, format!("{allowed}, of 1 to {most} characters")),
            Ok,
        )
}

/// Reads a list of `least` to `most` entries, each accepted by `read`. Removes duplicates.
pub(crate) fn list<'a, T: PartialEq>(
    value: &'a Value<'a>,
    size: RangeInclusive<usize>,
    read: impl Fn(&'a Value<'a>) -> Result<T, RefusedValue>,
) -> Result<Vec<T>, RefusedValue> {
    let entries = value.get_ref().as_array();
    let Some(entries) = entries.filter(|entries| size.contains(&entries.len())) else {
        let (least, most) = (size.start(), size.end());
        return refuse(
            value,
            format!("a list of {least} to {most} entries, in brackets"),
        );
    };
    let mut list = Vec::with_capacity(entries.len());
    for entry in entries.iter() {
        let entry = read(entry)?;
        if !list.contains(&entry) {
            list.push(entry);
        }
    }
    Ok(list)
}
