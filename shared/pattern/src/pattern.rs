//! Compiled patterns, evaluated over an event's values by path.

use std::fmt;
use std::str::FromStr;

use crate::compile::{self, CompiledPattern, Field};
use crate::complexity;
use crate::consistency::consistent;
use crate::error::InvalidPattern;
use crate::event::Event;
use crate::matcher::Matcher;
use crate::tree;

/// The longest pattern, in characters (AWS API reference, `PutRule`: `EventPattern`).
const MAX_CHARACTERS: usize = 4_096;

/// A compiled EventBridge event pattern.
///
/// It matches like EventBridge, whose matcher is Event Ruler; the AWS page "Comparison operators
/// for use in event patterns in Amazon EventBridge" describes the language.
///
/// ```
/// use pattern::{Event, EventPattern};
///
/// let pattern = EventPattern::parse(
///     r#"{"detail-type": ["review.asked"], "detail": {"number": [{"numeric": [">", 0]}]}}"#,
/// )?;
/// let event = Event::parse(r#"{"detail-type": "review.asked", "detail": {"number": 7}}"#)?;
/// assert!(pattern.matches(&event));
///
/// let refused = EventPattern::parse(r#"{"source": "forge"}"#).unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     r#"Event pattern is not valid. Reason: "source" must be an object or an array"#,
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct EventPattern {
    text: String,
    compiled: CompiledPattern,
}

impl EventPattern {
    /// Compiles the JSON text of a pattern, at most 4,096 characters.
    ///
    /// # Errors
    ///
    /// [`InvalidPattern`] for each pattern that AWS refuses, in its wording: text that is not JSON,
    /// fields that are not lists, unknown or misused operators, `$or` with more than 1,000
    /// combinations, and wildcards that are too complex together.
    pub fn parse(json: &str) -> Result<Self, InvalidPattern> {
        if json.chars().nth(MAX_CHARACTERS).is_some() {
            return Err(InvalidPattern::new(format!(
                "longer than {MAX_CHARACTERS} characters"
            )));
        }
        let compiled = compile::compile(&tree::tree(json)?)?;
        complexity::check(&compiled)?;
        Ok(Self {
            text: json.to_owned(),
            compiled,
        })
    }

    /// Returns the text that the pattern was compiled from.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Checks whether EventBridge sends an event to a rule with this pattern.
    pub fn matches(&self, event: &Event) -> bool {
        // Alternatives share fields, so each field is looked up once.
        let mut outcomes: Vec<Option<Outcome>> = vec![None; self.compiled.fields.len()];
        self.compiled
            .alternatives
            .iter()
            .any(|alternative| self.satisfied(alternative, event, &mut outcomes))
    }

    fn satisfied(
        &self,
        alternative: &[usize],
        event: &Event,
        outcomes: &mut [Option<Outcome>],
    ) -> bool {
        for &number in alternative {
            let (Some(field), Some(outcome)) =
                (self.compiled.fields.get(number), outcomes.get_mut(number))
            else {
                return false;
            };
            if *outcome.get_or_insert_with(|| evaluate(field, event)) == Outcome::Missed {
                return false;
            }
        }
        let places: Vec<&[usize]> = alternative
            .iter()
            .filter_map(|&number| match outcomes.get(number) {
                Some(Some(Outcome::In(elements))) => Some(elements.as_slice()),
                _ => None,
            })
            .collect();
        places.len() < 2 || consistent(event.elements(), &places)
    }

    /// Checks whether any field uses `wildcard`, by itself or inside `anything-but`.
    pub fn uses_wildcard(&self) -> bool {
        self.compiled
            .fields_in_use()
            .any(|field| field.matchers.iter().any(|entry| !entry.globs().is_empty()))
    }

    pub(crate) fn compiled(&self) -> &CompiledPattern {
        &self.compiled
    }
}

/// Result of looking up one field in the event.
#[derive(Clone, Debug, PartialEq)]
enum Outcome {
    /// No value satisfies the field.
    Missed,
    /// The field is satisfied outside all arrays, or its absence satisfies it.
    Anywhere,
    /// Only these array elements satisfy the field, sorted.
    In(Vec<usize>),
}

fn evaluate(field: &Field, event: &Event) -> Outcome {
    let leaves = event.leaves(&field.path);
    if leaves.is_empty() {
        let absent = |entry: &Matcher| matches!(entry, Matcher::Absent);
        return if field.matchers.iter().any(absent) {
            Outcome::Anywhere
        } else {
            Outcome::Missed
        };
    }
    let mut elements: Vec<usize> = leaves
        .iter()
        .filter(|leaf| {
            field
                .matchers
                .iter()
                .any(|entry| entry.matches(&leaf.value))
        })
        .map(|leaf| leaf.element)
        .collect();
    elements.sort_unstable();
    elements.dedup();
    match elements.first() {
        None => Outcome::Missed,
        Some(0) => Outcome::Anywhere,
        Some(_) => Outcome::In(elements),
    }
}

impl fmt::Display for EventPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for EventPattern {
    type Err = InvalidPattern;

    fn from_str(json: &str) -> Result<Self, InvalidPattern> {
        Self::parse(json)
    }
}
