//! Matches one event against many rules, with an index on exact values.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::Event;
use crate::json::Scalar;
use crate::matcher::Matcher;
use crate::pattern::EventPattern;

/// Rules, each a pattern and its value (`T`: a name, a target).
///
/// A rule that asks for exact texts at a path is evaluated only for events with one of them at that
/// path. The index prefers `detail-type`, then `source`, then any other path.
///
/// ```
/// use pattern::{Event, EventPattern, RuleSet};
///
/// let mut rules = RuleSet::new();
/// rules.insert(EventPattern::parse(r#"{"detail-type": ["review.asked"]}"#)?, "review");
/// rules.insert(EventPattern::parse(r#"{"source": [{"prefix": ""}]}"#)?, "log");
///
/// let event = Event::parse(r#"{"source": "forge", "detail-type": "review.asked"}"#)?;
/// assert_eq!(rules.matching(&event).collect::<Vec<_>>(), [&"review", &"log"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RuleSet<T> {
    rules: Vec<(EventPattern, T)>,
    /// Path, then text: the candidate rules for an event with that text at that path.
    index: BTreeMap<String, BTreeMap<String, Vec<usize>>>,
    /// Rules that are candidates for every event.
    unindexed: Vec<usize>,
}

impl<T> Default for RuleSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> RuleSet<T> {
    pub fn new() -> Self {
        Self {
            rules: Vec::new(),
            index: BTreeMap::new(),
            unindexed: Vec::new(),
        }
    }

    /// Adds a rule after the existing ones.
    pub fn insert(&mut self, pattern: EventPattern, rule: T) {
        let number = self.rules.len();
        match keys(&pattern) {
            Some(keys) => {
                for (path, text) in keys {
                    let texts = self.index.entry(path).or_default();
                    texts.entry(text).or_default().push(number);
                }
            }
            None => self.unindexed.push(number),
        }
        self.rules.push((pattern, rule));
    }

    /// Returns the values of the rules that match the event, in insertion order.
    pub fn matching<'a>(&'a self, event: &Event) -> impl Iterator<Item = &'a T> + use<'a, T> {
        let mut candidates: BTreeSet<usize> = self.unindexed.iter().copied().collect();
        for (path, texts) in &self.index {
            for leaf in event.leaves(path) {
                if let Scalar::Text(text) = &leaf.value
                    && let Some(numbers) = texts.get(text)
                {
                    candidates.extend(numbers);
                }
            }
        }
        let matched: Vec<&T> = candidates
            .into_iter()
            .filter_map(|number| self.rules.get(number))
            .filter(|(pattern, _)| pattern.matches(event))
            .map(|(_, rule)| rule)
            .collect();
        matched.into_iter()
    }

    /// Returns the number of rules.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

/// Returns the paths and texts of which an event must have at least one, or `None` if the pattern
/// requires none.
fn keys(pattern: &EventPattern) -> Option<BTreeSet<(String, String)>> {
    let compiled = pattern.compiled();
    let mut keys = BTreeSet::new();
    for alternative in &compiled.alternatives {
        let (path, texts) = alternative
            .iter()
            .filter_map(|&number| compiled.fields.get(number))
            .filter_map(|field| Some((field.path.as_str(), exact_texts(&field.matchers)?)))
            .min_by_key(|(path, _)| match *path {
                "detail-type" => 0,
                "source" => 1,
                _ => 2,
            })?;
        keys.extend(
            texts
                .into_iter()
                .map(|text| (path.to_owned(), text.to_owned())),
        );
    }
    Some(keys)
}

fn exact_texts(matchers: &[Matcher]) -> Option<Vec<&str>> {
    matchers.iter().map(Matcher::exact_text).collect()
}
