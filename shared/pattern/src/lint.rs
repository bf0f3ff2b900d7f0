//! Limits that AWS applies to all patterns of a bus together.

use std::fmt;

use crate::pattern::EventPattern;

/// The number of rules of a bus that may use `wildcard` (AWS page "Amazon EventBridge quotas").
const MAX_WILDCARD_RULES: usize = 30;

/// An AWS limit that the rules of a bus exceed. It displays as one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lint {
    /// More rules use `wildcard` than a bus may have.
    TooManyWildcardRules {
        /// The names of all rules that use `wildcard`, in the order given.
        rules: Vec<String>,
        /// The maximum number of such rules.
        limit: usize,
    },
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyWildcardRules { rules, limit } => write!(
                f,
                "{} rules use wildcard, and an event bus takes {limit}: {}",
                rules.len(),
                rules.join(", ")
            ),
        }
    }
}

/// Checks the patterns of one bus, each with its rule's name. It does not check complexity, because
/// [`EventPattern::parse`] refuses patterns that are too complex.
///
/// ```
/// use pattern::EventPattern;
///
/// let pattern = EventPattern::parse(r#"{"source": [{"wildcard": "forge.*"}]}"#)?;
/// let names: Vec<String> = (1..=31).map(|number| format!("rule-{number}")).collect();
/// let lints = pattern::lint(names.iter().map(|name| (name.as_str(), &pattern)));
/// assert_eq!(lints.len(), 1);
/// assert!(lints[0].to_string().starts_with("31 rules use wildcard, and an event bus takes 30: "));
/// # Ok::<(), pattern::InvalidPattern>(())
/// ```
pub fn lint<'a>(patterns: impl IntoIterator<Item = (&'a str, &'a EventPattern)>) -> Vec<Lint> {
    let rules: Vec<String> = patterns
        .into_iter()
        .filter(|(_, pattern)| pattern.uses_wildcard())
        .map(|(name, _)| name.to_owned())
        .collect();
    if rules.len() <= MAX_WILDCARD_RULES {
        return Vec::new();
    }
    vec![Lint::TooManyWildcardRules {
        rules,
        limit: MAX_WILDCARD_RULES,
    }]
}
