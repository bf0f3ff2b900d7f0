//! Problems of a manifest, by line.

use super::Problem;
use crate::base::Base;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use toml::Spanned;

/// Problems of one manifest, found so far.
pub(super) struct Check<'a> {
    file: String,
    text: &'a str,
    pub(super) base: Base<'a>,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Check<'a> {
    pub(super) fn new(name: &str, text: &'a str, base: &'a str) -> Self {
        Self {
            file: format!("functions/{name}/function.toml"),
            text,
            base: Base(base),
            problems: Vec::new(),
        }
    }

    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.get(..span.start).unwrap_or_default();
        before.matches('\n').count() + 1
    }

    pub(super) fn refuse(&mut self, span: &Range<usize>, reason: impl fmt::Display) {
        let line = self.line(span);
        self.problems.push(Problem::new(&self.file, line, reason));
    }

    /// Refuses a parameter that does not exist. Returns whether it exists.
    pub(super) fn parameter(&mut self, span: &Range<usize>, name: &str) -> bool {
        let exists = self.base.parameter(name).is_some();
        if !exists {
            self.refuse(span, format!("infra/base.yaml has no parameter {name:?}"));
        }
        exists
    }

    pub(super) fn number(
        &mut self,
        key: &str,
        number: u64,
        span: &Range<usize>,
        range: RangeInclusive<u64>,
    ) {
        if !range.contains(&number) {
            let (from, to) = (range.start(), range.end());
            self.refuse(span, format!("{key} must be {from} to {to}, not {number}"));
        }
    }

    /// Refuses values that are listed twice.
    pub(super) fn distinct<'b>(
        &mut self,
        key: &str,
        values: impl Iterator<Item = &'b Spanned<String>>,
    ) {
        let mut seen = BTreeSet::new();
        for value in values {
            if !seen.insert(value.get_ref()) {
                self.refuse(
                    &value.span(),
                    format!("{key} has {:?} twice", value.get_ref()),
                );
            }
        }
    }
}
