//! Matches one entry of a field's list against a value of the event.

use crate::cidr::{Address, Block};
use crate::fold::FoldedText;
use crate::glob::Glob;
use crate::json::Scalar;
use crate::number::Number;

/// One entry of a field's list. Only `Absent` applies to a field that the event does not have.
#[derive(Clone, Debug)]
pub(crate) enum Matcher {
    Text(String),
    /// A text that reads as an IP address matches every spelling of that address.
    Address(Address),
    Number(Number),
    Bool(bool),
    Null,
    Present,
    Absent,
    Prefix(String),
    PrefixIgnoringCase(FoldedText),
    Suffix(String),
    SuffixIgnoringCase(FoldedText),
    EqualsIgnoringCase(FoldedText),
    Wildcard(Glob),
    Numeric(Interval),
    Cidr(Block),
    AnythingBut(Exclusion),
}

/// The values that `anything-but` excludes.
#[derive(Clone, Debug)]
pub(crate) enum Exclusion {
    Texts(Vec<String>),
    /// Doubles; a number that no double holds is never excluded.
    Numbers(Vec<f64>),
    Prefixes(Vec<String>),
    Suffixes(Vec<String>),
    IgnoringCase(Vec<FoldedText>),
    Wildcards(Vec<Glob>),
}

/// The range of `numeric`; each bound has a flag for whether it belongs to the range.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Interval {
    pub(crate) bottom: Option<Bound>,
    pub(crate) top: Option<Bound>,
}

/// One end of an [`Interval`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    pub(crate) value: f64,
    pub(crate) inclusive: bool,
}

impl Matcher {
    /// Checks whether a value of the event satisfies this entry.
    pub(crate) fn matches(&self, value: &Scalar) -> bool {
        match self {
            Self::Present => true,
            Self::Absent => false,
            Self::AnythingBut(excluded) => !excluded.covers(value),
            Self::Null => matches!(value, Scalar::Null),
            Self::Bool(wanted) => matches!(value, Scalar::Bool(found) if found == wanted),
            Self::Number(wanted) => matches!(value, Scalar::Number(found) if found.same(wanted)),
            Self::Numeric(interval) => {
                matches!(value, Scalar::Number(found) if interval.contains(found))
            }
            Self::Text(_)
            | Self::Address(_)
            | Self::Prefix(_)
            | Self::PrefixIgnoringCase(_)
            | Self::Suffix(_)
            | Self::SuffixIgnoringCase(_)
            | Self::EqualsIgnoringCase(_)
            | Self::Wildcard(_)
            | Self::Cidr(_) => matches!(value, Scalar::Text(text) if self.matches_text(text)),
        }
    }

    fn matches_text(&self, text: &str) -> bool {
        match self {
            Self::Text(wanted) => text == wanted,
            Self::Address(wanted) => Address::parse(text) == Some(*wanted),
            Self::Prefix(prefix) => text.starts_with(prefix.as_str()),
            Self::PrefixIgnoringCase(prefix) => prefix.begins(text),
            Self::Suffix(suffix) => text.ends_with(suffix.as_str()),
            Self::SuffixIgnoringCase(suffix) => suffix.ends(text),
            Self::EqualsIgnoringCase(wanted) => wanted.equals(text),
            Self::Wildcard(glob) => glob.matches(text),
            Self::Cidr(block) => {
                Address::parse(text).is_some_and(|address| block.contains(address))
            }
            Self::Number(_)
            | Self::Bool(_)
            | Self::Null
            | Self::Present
            | Self::Absent
            | Self::Numeric(_)
            | Self::AnythingBut(_) => false,
        }
    }

    /// Returns the only text that satisfies this entry, if there is exactly one.
    pub(crate) fn exact_text(&self) -> Option<&str> {
        if let Self::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// Returns the globs of this entry, its own or the excluded ones.
    pub(crate) fn globs(&self) -> &[Glob] {
        match self {
            Self::Wildcard(glob) => std::slice::from_ref(glob),
            Self::AnythingBut(Exclusion::Wildcards(globs)) => globs,
            Self::AnythingBut(
                Exclusion::Texts(_)
                | Exclusion::Numbers(_)
                | Exclusion::Prefixes(_)
                | Exclusion::Suffixes(_)
                | Exclusion::IgnoringCase(_),
            )
            | Self::Text(_)
            | Self::Address(_)
            | Self::Number(_)
            | Self::Bool(_)
            | Self::Null
            | Self::Present
            | Self::Absent
            | Self::Prefix(_)
            | Self::PrefixIgnoringCase(_)
            | Self::Suffix(_)
            | Self::SuffixIgnoringCase(_)
            | Self::EqualsIgnoringCase(_)
            | Self::Numeric(_)
            | Self::Cidr(_) => &[],
        }
    }
}

impl Exclusion {
    fn covers(&self, value: &Scalar) -> bool {
        match (self, value) {
            (Self::Numbers(numbers), Scalar::Number(found)) => {
                found.double().is_some_and(|found| numbers.contains(&found))
            }
            (Self::Texts(texts), Scalar::Text(found)) => texts.contains(found),
            (Self::Prefixes(prefixes), Scalar::Text(found)) => prefixes
                .iter()
                .any(|prefix| found.starts_with(prefix.as_str())),
            (Self::Suffixes(suffixes), Scalar::Text(found)) => suffixes
                .iter()
                .any(|suffix| found.ends_with(suffix.as_str())),
            (Self::IgnoringCase(texts), Scalar::Text(found)) => {
                texts.iter().any(|text| text.equals(found))
            }
            (Self::Wildcards(globs), Scalar::Text(found)) => {
                globs.iter().any(|glob| glob.matches(found))
            }
            (_, Scalar::Text(_) | Scalar::Number(_) | Scalar::Bool(_) | Scalar::Null) => false,
        }
    }
}

impl Interval {
    fn contains(&self, number: &Number) -> bool {
        let Some(value) = number.double() else {
            return false;
        };
        let above = self.bottom.is_none_or(|bottom| {
            value > bottom.value || (bottom.inclusive && value == bottom.value)
        });
        let below = self
            .top
            .is_none_or(|top| value < top.value || (top.inclusive && value == top.value));
        above && below
    }
}
