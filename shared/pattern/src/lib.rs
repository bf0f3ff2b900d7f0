//! EventBridge event patterns: decides which events a rule matches and which patterns AWS refuses.
//!
//! The language is EventBridge's, as its matcher, Event Ruler, reads it: exact values, `prefix`,
//! `suffix`, `equals-ignore-case`, `anything-but`, `numeric`, `exists`, `cidr`, `wildcard` and
//! `$or` over nested fields. Arrays match element by element, and fields named together must come
//! from the same element.
//!
//! [`EventPattern`] flattens a pattern into alternatives of fields by path, [`Event`] flattens an
//! event into values by path, and matching looks up the paths that the pattern names. It needs no
//! automaton and no regular expressions. [`RuleSet`] indexes many rules by exact texts, and
//! [`lint()`] checks the patterns of a bus against AWS's per-bus limits.
//!
//! Patterns and events may come from untrusted sources. Limits on depth, `$or`, wildcards and
//! repeated keys keep the work from growing exponentially.

mod cidr;
mod compile;
mod complexity;
mod consistency;
mod error;
mod event;
mod fold;
mod glob;
mod json;
mod lint;
mod matcher;
mod number;
mod operators;
mod pattern;
mod ruleset;
mod tree;

pub use error::{InvalidEvent, InvalidPattern};
pub use event::Event;
pub use json::SyntaxError;
pub use lint::{Lint, lint};
pub use pattern::EventPattern;
pub use ruleset::RuleSet;
